//! Answers into files of a pack.

use crate::rules::SourceFile;

/// Products and excluded words at most: who has more edits the files.
const LIST_MAX: usize = 40;

/// What was answered; lists are comma separated.
#[derive(Debug, Clone, Default)]
pub(super) struct Answers {
    pub(super) company: String,
    pub(super) not: String,
    pub(super) products: String,
    pub(super) accounts: String,
    pub(super) time_zone: String,
}

impl Answers {
    /// The files of the pack.
    pub(super) fn pack(&self) -> Result<Vec<SourceFile>, String> {
        let company = clean(&self.company);
        if slug(&company).is_empty() {
            return Err("the company needs a name of letters or digits".to_owned());
        }
        let products = list(&self.products)?;
        let not = list(&self.not)?;
        let zone = if self.time_zone.is_empty() { "UTC" } else { self.time_zone.as_str() };
        let filled = |text: &str| text.replace("@ZONE@", &quoted(zone)).replace("@TEXT@", &company);
        // a text that begins with the name must be quoted where the name needs it: `@TEXT@` stands within plain scalars
        let mut files = vec![
            SourceFile::new("teams.yaml", filled(include_str!("pack/teams.yaml"))),
            SourceFile::new("matrix.yaml", filled(include_str!("pack/matrix.yaml"))),
            SourceFile::new("intents/intents.yaml", filled(include_str!("pack/intents.yaml"))),
            SourceFile::new("intents/triggers.yaml", filled(include_str!("pack/triggers.yaml"))),
            SourceFile::new("alerts/alerts.yaml", alerts(&products)),
            SourceFile::new("brands.yaml", brands(&company, &products)),
            SourceFile::new("queries/brand.yaml", queries(&company, &products, &not)),
        ];
        if let Some(accounts) = accounts(&self.accounts)? {
            files.push(SourceFile::new("accounts.yaml", accounts));
        }
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(files)
    }
}

fn list(text: &str) -> Result<Vec<String>, String> {
    let mut names: Vec<String> = text.split(',').map(clean).filter(|name| !name.is_empty()).collect();
    names.dedup();
    if names.len() > LIST_MAX {
        return Err(format!("at most {LIST_MAX} names in a list: add the others to the files"));
    }
    Ok(names)
}

/// A name as words: what means something to YAML or to queries is left out.
fn clean(text: &str) -> String {
    let kept: String = text.chars().map(|c| if c.is_alphanumeric() || "-.&'’".contains(c) { c } else { ' ' }).collect();
    kept.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn slug(name: &str) -> String {
    let slug: String = name.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    slug.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-")
}

/// A JSON string is a YAML string.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn id_of(product: &str, number: usize) -> String {
    let slug = slug(product);
    // a number would be no text to YAML
    let is_name = slug.chars().any(|c| c.is_ascii_alphabetic()) && slug != "brand";
    if !is_name { format!("product-{}", number + 1) } else { slug }
}

fn alerts(products: &[String]) -> String {
    let mut text = include_str!("pack/alerts.yaml").to_owned();
    if !products.is_empty() {
        let ids: Vec<String> = products.iter().enumerate().map(|(number, product)| id_of(product, number)).collect();
        text.push_str("\ngroups:\n  # what fails for one product may fail for all: then it is one incident\n");
        text.push_str(&format!("  - {{id: all, parent: brand, queries: [brand, {}]}}\n", ids.join(", ")));
    }
    text
}

fn brands(company: &str, products: &[String]) -> String {
    let products: Vec<String> = products.iter().map(|product| quoted(product)).collect();
    format!(
        "# Names that people misspell: brand:NAME in a query finds them all the same. `also:` lists other names of yours,\n\
         # `not:` near words that are something else.\n\
         owner: lead\nbrands:\n  - name: {}\n    products: [{}]\n",
        quoted(company),
        products.join(", ")
    )
}

fn queries(company: &str, products: &[String], not: &[String]) -> String {
    let name = |name: &str| format!("brand:\"{}\"", name.to_lowercase());
    let words: Vec<String> = not.iter().map(|word| format!("\"{word}\"")).collect();
    let all: Vec<String> = std::iter::once(company).chain(products.iter().map(String::as_str)).map(name).collect();
    let all = if all.len() == 1 { all.concat() } else { format!("({})", all.join(" OR ")) };
    let except = if words.is_empty() { String::new() } else { format!(" NOT ({})", words.join(" OR ")) };
    let mut text = format!(
        "# What you listen for. Each query is a series that is watched for alerts.\nowner: lead\nqueries:\n  \
         - {{id: brand, about: everything that names us, query: {}}}\n",
        quoted(&format!("{all}{except}"))
    );
    let mut tests = format!(
        "tests:\n  - {{name: our name, text: {}, match: [brand]}}\n  - {{name: another name, text: a quiet day, no_match: [brand]}}\n",
        quoted(&format!("what about {company}?"))
    );
    for (number, product) in products.iter().enumerate() {
        let id = id_of(product, number);
        text.push_str(&format!("  - {{id: {id}, query: {}}}\n", quoted(&format!("{}{except}", name(product)))));
        tests.push_str(&format!(
            "  - {{name: {}, text: {}, match: [brand, {id}]}}\n  - {{name: {}, text: a quiet day, no_match: [{id}]}}\n",
            quoted(&format!("{product} is found")),
            quoted(&format!("what about {product}?")),
            quoted(&format!("{product} is not everything"))
        ));
    }
    for word in not {
        tests.push_str(&format!(
            "  - {{name: {}, text: {}, no_match: [brand]}}\n",
            quoted(&format!("{word} is something else")),
            quoted(&format!("{company} {word}"))
        ));
    }
    text + &tests
}

fn accounts(text: &str) -> Result<Option<String>, String> {
    let mut lines = String::new();
    for account in text.split(',').map(str::trim).filter(|account| !account.is_empty()) {
        let (platform, handle) = account
            .split_once(':')
            .ok_or_else(|| format!("\"{account}\" is no account: write platform:handle, as in x:quarvo"))?;
        let handle = handle.trim().trim_start_matches('@');
        lines.push_str(&format!("  - {{platform: {}, handle: {}}}\n", quoted(platform.trim()), quoted(handle)));
    }
    let head = "# Your own accounts: what they post is not scored, what is addressed to them always matches, and who takes \
                their name is flagged.\nowner: lead\naccounts:\n";
    Ok(Some(lines).filter(|lines| !lines.is_empty()).map(|lines| format!("{head}{lines}")))
}

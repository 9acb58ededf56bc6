//! A check of values against JSON Schemas, by the keywords that ours use.

use regex::Regex;
use serde_json::{Value, json};

/// Checks one value against a schema, by the keywords that ours use. A field the schema does not name is a fault: the
/// schema is to name all. An unknown keyword is one too, so that nothing goes unchecked by mistake.
pub(crate) struct Checker<'s> {
    definitions: &'s Value,
    faults: Vec<String>,
}

impl Checker<'_> {
    pub(crate) fn faults(schema: &Value, value: &Value) -> Vec<String> {
        let mut checker = Checker { definitions: &schema["$defs"], faults: Vec::new() };
        checker.check(schema, value, "$");
        checker.faults
    }

    fn check(&mut self, schema: &Value, value: &Value, place: &str) {
        let rules = match schema {
            Value::Bool(true) => return,
            Value::Object(rules) => rules,
            other => return self.fault(place, &format!("refused by {other}")),
        };
        for (keyword, rule) in rules {
            match keyword.as_str() {
                "$ref" => {
                    let name = rule.as_str().unwrap().strip_prefix("#/$defs/").unwrap();
                    let definition = &self.definitions[name];
                    assert!(definition.is_object(), "{name} is not defined");
                    self.check(&definition.clone(), value, place);
                }
                "type" if !types(rule).any(|kind| is_of(value, kind)) => self.fault(place, &format!("is not {rule}")),
                "const" if value != rule => self.fault(place, &format!("is not {rule}")),
                "enum" if !rule.as_array().unwrap().contains(value) => self.fault(place, &format!("is not of {rule}")),
                "minimum" if value.is_number() && value.as_f64() < rule.as_f64() => {
                    self.fault(place, &format!("is below {rule}"));
                }
                "maximum" if value.is_number() && value.as_f64() > rule.as_f64() => {
                    self.fault(place, &format!("is above {rule}"));
                }
                "pattern"
                    if value
                        .as_str()
                        .is_some_and(|text| !Regex::new(rule.as_str().unwrap()).unwrap().is_match(text)) =>
                {
                    self.fault(place, &format!("is not like {rule}"));
                }
                "required" => self.required(rule, value, place),
                "properties" => self.fields(rules, value, place),
                "additionalProperties" if *rule == json!(false) => {}
                "additionalProperties" if !rules.contains_key("properties") => self.entries(rule, value, place),
                "items" => {
                    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                        self.check(rule, item, &format!("{place}[{index}]"));
                    }
                }
                "anyOf" | "oneOf" => self.one_of(rule, value, place),
                "type" | "const" | "enum" | "minimum" | "maximum" | "$defs" | "$schema" | "title" | "description"
                | "format" | "default" | "examples" | "pattern" => {}
                other => panic!("{place}: the keyword {other} is not checked by this test"),
            }
        }
    }

    fn required(&mut self, rule: &Value, value: &Value, place: &str) {
        for field in rule.as_array().unwrap().iter().filter_map(Value::as_str) {
            if value.is_object() && value.get(field).is_none() {
                self.fault(place, &format!("lacks {field}"));
            }
        }
    }

    fn fields(&mut self, rules: &serde_json::Map<String, Value>, value: &Value, place: &str) {
        for (field, inner) in value.as_object().into_iter().flatten() {
            match rules["properties"].get(field) {
                Some(schema) => self.check(schema, inner, &format!("{place}.{field}")),
                None => self.fault(place, &format!("has the unknown field {field}")),
            }
        }
    }

    fn entries(&mut self, rule: &Value, value: &Value, place: &str) {
        for (name, inner) in value.as_object().into_iter().flatten() {
            self.check(rule, inner, &format!("{place}.{name}"));
        }
    }

    fn one_of(&mut self, rule: &Value, value: &Value, place: &str) {
        let fits = |schema: &Value| {
            let mut checker = Checker { definitions: self.definitions, faults: Vec::new() };
            checker.check(schema, value, place);
            checker.faults.is_empty()
        };
        if !rule.as_array().unwrap().iter().any(fits) {
            self.fault(place, "fits none of the forms");
        }
    }

    fn fault(&mut self, place: &str, what: &str) {
        self.faults.push(format!("{place} {what}"));
    }
}

fn types(rule: &Value) -> impl Iterator<Item = &str> {
    let many = rule.as_array().into_iter().flatten().filter_map(Value::as_str);
    rule.as_str().into_iter().chain(many)
}

fn is_of(value: &Value, kind: &str) -> bool {
    match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64(),
        other => panic!("the type {other} is not known to this test"),
    }
}

//! Countries and languages as vendors write them, in the codes our fields compare. Tables only.

/// ISO 3166-1 alpha-3 with alpha-2, and the names and habits seen in queries.
const COUNTRIES: &str = "afg AF,alb AL,are AE,arg AR,arm AM,aus AU,aut AT,aze AZ,bel BE,bgd BD,bgr BG,bhr BH,bih BA,blr BY,\
bol BO,bra BR,can CA,che CH,chl CL,chn CN,cmr CM,col CO,cri CR,cyp CY,cze CZ,deu DE,dnk DK,dom DO,dza DZ,ecu EC,egy EG,\
esp ES,est EE,eth ET,fin FI,fra FR,gbr GB,geo GE,gha GH,grc GR,gtm GT,hkg HK,hnd HN,hrv HR,hun HU,idn ID,ind IN,irl IE,\
irn IR,irq IQ,isl IS,isr IL,ita IT,jam JM,jor JO,jpn JP,kaz KZ,ken KE,kor KR,kwt KW,lbn LB,lka LK,ltu LT,lux LU,lva LV,\
mar MA,mda MD,mex MX,mkd MK,mlt MT,mys MY,nga NG,nld NL,nor NO,npl NP,nzl NZ,omn OM,pak PK,pan PA,per PE,phl PH,pol PL,\
prt PT,pry PY,qat QA,rou RO,rus RU,sau SA,sgp SG,slv SV,srb RS,svk SK,svn SI,swe SE,tha TH,tun TN,tur TR,twn TW,tza TZ,\
uga UG,ukr UA,ury UY,usa US,ven VE,vnm VN,zaf ZA,zwe ZW,uk GB,united kingdom GB,great britain GB,united states US,\
germany DE,france FR,spain ES,italy IT,netherlands NL,austria AT,switzerland CH,canada CA,australia AU,india IN,ireland IE,\
japan JP,brazil BR,mexico MX,sweden SE,norway NO,denmark DK,poland PL,belgium BE,portugal PT";

/// ISO 639-3 and names with ISO 639-1.
const LANGUAGES: &str = "eng en,english en,deu de,ger de,german de,fra fr,fre fr,french fr,spa es,spanish es,ita it,italian it,\
por pt,portuguese pt,nld nl,dut nl,dutch nl,pol pl,polish pl,swe sv,swedish sv,nor no,norwegian no,dan da,danish da,fin fi,\
finnish fi,rus ru,russian ru,ukr uk,ukrainian uk,tur tr,turkish tr,ara ar,arabic ar,jpn ja,japanese ja,zho zh,chi zh,\
chinese zh,kor ko,korean ko,hin hi,hindi hi,tha th,thai th,vie vi,vietnamese vi,ind id,indonesian id,ces cs,czech cs,\
hun hu,hungarian hu,ron ro,romanian ro,ell el,greek el,heb he,hebrew he";

/// The alpha-2 code of a country.
pub(super) fn country(written: &str) -> Option<String> {
    let lower = written.trim().to_lowercase();
    if let Some(code) = entry(COUNTRIES, &lower) {
        return Some(code.to_owned());
    }
    let is_code = lower.len() == 2 && lower.bytes().all(|byte| byte.is_ascii_alphabetic());
    is_code.then(|| lower.to_uppercase())
}

/// The ISO 639-1 code of a language, or what was written where it is a code already.
pub(super) fn language(written: &str) -> Option<String> {
    let lower = written.trim().to_lowercase();
    if let Some(code) = entry(LANGUAGES, &lower) {
        return Some(code.to_owned());
    }
    let primary = lower.split(['-', '_']).next().unwrap_or_default();
    let is_code = matches!(primary.len(), 2 | 3) && primary.bytes().all(|byte| byte.is_ascii_lowercase());
    is_code.then(|| primary.to_owned())
}

fn entry(table: &'static str, wanted: &str) -> Option<&'static str> {
    let pairs = table.split(',').filter_map(|pair| pair.trim().rsplit_once(' '));
    pairs.into_iter().find_map(|(name, code)| (name == wanted).then_some(code))
}

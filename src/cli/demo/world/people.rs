//! The people of the demo world: account number → the same invented account every time.

use super::rng::Rng;
use crate::mention::Platform;

const FIRST: [&str; 48] = [
    "amber", "quiet", "lucky", "north", "paper", "silver", "tiny", "velvet", "rusty", "solar", "misty", "brisk",
    "copper", "dizzy", "early", "faded", "gentle", "hazel", "inky", "jolly", "keen", "lunar", "mellow", "noble",
    "olive", "plain", "quick", "royal", "sandy", "tidal", "urban", "vivid", "warm", "young", "zesty", "birch", "cedar",
    "dusty", "ember", "frost", "ginger", "ivory", "lemon", "maple", "onyx", "pearl", "stone", "wild",
];
const SECOND: [&str; 48] = [
    "heron", "otter", "badger", "finch", "comet", "harbor", "lantern", "meadow", "pixel", "quill", "raven", "sparrow",
    "teapot", "walrus", "anchor", "biscuit", "cactus", "dancer", "engine", "fiddle", "garden", "hammer", "island",
    "jacket", "kettle", "ladder", "marble", "needle", "orchid", "pepper", "rocket", "saddle", "ticket", "violin",
    "window", "yonder", "acorn", "button", "candle", "domino", "falcon", "goblet", "hollow", "icicle", "jigsaw",
    "lizard", "magnet", "nutmeg",
];
const INSTANCES: [&str; 5] =
    ["tooty.example", "fedi.example", "birdsong.example", "rustaceous.example", "hometown.example"];

/// Our own support account in the demo world.
pub(super) const SUPPORT: u64 = u64::MAX;
/// A large account that starts the viral thread.
pub(super) const TRAVELLER: u64 = u64::MAX - 1;
/// The first of the twelve accounts of the bot flood; the others follow downwards.
pub(super) const FIRST_BOT: u64 = u64::MAX - 100;

/// An account.
#[derive(Debug, Clone)]
pub(super) struct Author {
    pub(super) handle: String,
    pub(super) name: String,
    pub(super) number: u64,
    pub(super) followers: i64,
    pub(super) verified: bool,
    /// When it was made, seconds since the epoch.
    pub(super) since: i64,
    /// For Mastodon.
    pub(super) instance: &'static str,
}

impl Author {
    /// Account `k` of the world.
    pub(super) fn new(k: u64) -> Self {
        let mut rng = Rng::new(k, 0xa07);
        let (first, second) = (rng.pick(&FIRST), rng.pick(&SECOND));
        let suffix = rng.below(990) + 10;
        let mut author = Self {
            handle: format!("{first}_{second}{suffix}"),
            name: format!(
                "{}{} {}{}",
                first[..1].to_uppercase(),
                &first[1..],
                second[..1].to_uppercase(),
                &second[1..]
            ),
            number: 1_000_000_000 + rng.next() % 1_600_000_000_000_000_000,
            #[allow(clippy::cast_possible_truncation)]
            followers: libm::pow(10.0, 1.0 + 3.2 * rng.unit() * rng.unit()) as i64,
            verified: rng.chance(0.03),
            since: 1_262_304_000 + i64::try_from(rng.next() % 490_000_000).unwrap_or(0),
            instance: INSTANCES[rng.below(INSTANCES.len())],
        };
        match k {
            SUPPORT => author.become_known("nimbushelp", "Nimbus Help", 48_200),
            TRAVELLER => author.become_known("terminal_tales", "Terminal Tales", 412_000),
            _ if k <= FIRST_BOT && k > FIRST_BOT - 100 => author.followers %= 9,
            _ => {}
        }
        author
    }

    fn become_known(&mut self, handle: &str, name: &str, followers: i64) {
        self.handle = handle.to_owned();
        self.name = name.to_owned();
        self.followers = followers;
        self.verified = true;
    }

    /// `did:plc:…` for Bluesky.
    pub(super) fn did(&self) -> String {
        let mut rng = Rng::new(self.number, 0xd1d);
        let letters = |_| char::from(b"abcdefghijklmnopqrstuvwxyz234567"[rng.below(32)]);
        format!("did:plc:{}", (0..24).map(letters).collect::<String>())
    }
}

/// Where the next post is made: X 40 %, Bluesky 28 %, Mastodon 18 %, Reddit 14 %.
pub(super) fn platform(rng: &mut Rng) -> Platform {
    match rng.below(100) {
        0..40 => Platform::X,
        40..68 => Platform::Bluesky,
        68..86 => Platform::Mastodon,
        _ => Platform::Reddit,
    }
}

/// Who writes it: few write much, most write little.
pub(super) fn somebody(rng: &mut Rng, people: usize) -> u64 {
    let u = rng.unit();
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let k = (people as f64 * libm::pow(u, 1.6)) as u64;
    k
}

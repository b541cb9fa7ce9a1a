//! The subscriber's token: where it comes from, what it says about itself, what became of it.

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use overcut_domain::UtcTime;
use serde::Deserialize;
use tokio::time::Instant;

use crate::{Credential, CredentialState, Secret, SecretError};

/// Where the token comes from. What is in a file is read again every now and then, so that a new one can be put there
/// while a session runs.
#[derive(Debug, Clone)]
pub enum TokenSource {
    /// There is none.
    None,
    /// It is given.
    Given(Secret),
    /// It is in the environment variable of that name, or in the file that `NAME_FILE` names.
    Environment(String),
    /// It is in that file.
    File(PathBuf),
}

impl TokenSource {
    /// The environment variable that the token comes from; with `_FILE` behind it, that of a file's name.
    pub const VARIABLE: &str = "OVERCUT_F1TV_TOKEN";

    /// The token out of [`TokenSource::VARIABLE`], or its file.
    pub fn environment() -> TokenSource {
        TokenSource::Environment(TokenSource::VARIABLE.to_owned())
    }

    fn read(&self) -> Result<Option<Secret>, SecretError> {
        match self {
            TokenSource::None => Ok(None),
            TokenSource::Given(secret) => Ok(Some(secret.clone())),
            TokenSource::Environment(name) => Secret::from_environment(name),
            TokenSource::File(path) => Secret::from_file(path),
        }
    }
}

impl From<Option<Secret>> for TokenSource {
    fn from(secret: Option<Secret>) -> TokenSource {
        secret.map_or(TokenSource::None, TokenSource::Given)
    }
}

/// How long before its end a token is warned about, milliseconds.
const WARN_MS: i64 = 24 * 3_600_000;

/// A token, as far as it tells about itself. It is not verified: that is the service's business.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) secret: Secret,
    pub(super) expires_at: Option<UtcTime>,
    /// It belongs to a subscription that has ended or never was.
    is_inactive: bool,
    /// It can be shown at all: a text that may stand in a header.
    is_showable: bool,
}

/// What the claims of a token say. Others are of no use here.
#[derive(Debug, Default, Deserialize)]
struct Claims {
    exp: Option<f64>,
    #[serde(rename = "SubscriptionStatus")]
    subscription_status: Option<String>,
}

/// The cookie that the site sets after signing in; people may well give all of it.
#[derive(Deserialize)]
struct Login {
    data: LoginData,
}

#[derive(Deserialize)]
struct LoginData {
    #[serde(rename = "subscriptionToken")]
    subscription_token: String,
}

impl Token {
    pub(super) fn read(given: &Secret) -> Token {
        let text = given.reveal().trim();
        let text = text.strip_prefix("Bearer ").unwrap_or(text);
        let text = token_of_cookie(text).unwrap_or_else(|| text.to_owned());
        let claims = claims(&text).unwrap_or_default();
        let expires_at = claims.exp.map(|s| UtcTime::from_millis((s * 1000.0) as i64));
        let is_inactive = claims.subscription_status.is_some_and(|status| !status.eq_ignore_ascii_case("active"));
        let is_showable = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        Token { secret: Secret::new(text), expires_at, is_inactive, is_showable }
    }

    /// How it stands at a moment, as long as nobody has refused it.
    fn state(&self, now: UtcTime) -> CredentialState {
        match self.expires_at.map(|end| end.as_millis() - now.as_millis()) {
            _ if !self.is_showable => CredentialState::Rejected,
            Some(left_ms) if left_ms <= 0 => CredentialState::Expired,
            Some(left_ms) if left_ms <= WARN_MS => CredentialState::Expiring,
            _ => CredentialState::Good,
        }
    }
}

/// The claims of a JSON Web Token (RFC 7519); `None` if it is none.
fn claims(token: &str) -> Option<Claims> {
    let mut parts = token.split('.');
    let (_, claims, _) = (parts.next()?, parts.next()?, parts.next()?);
    let claims = URL_SAFE_NO_PAD.decode(claims.trim_end_matches('=')).ok()?;
    serde_json::from_slice(&claims).ok()
}

/// The token in the cookie `login-session`: JSON with percent signs. `None` if the text is no such cookie.
fn token_of_cookie(text: &str) -> Option<String> {
    let text = text.rsplit_once("login-session=").map_or(text, |(_, value)| value);
    let text = text.split(';').next().unwrap_or_default();
    let login: Login = serde_json::from_str(&percent_decoded(text)).ok()?;
    Some(login.data.subscription_token)
}

fn percent_decoded(text: &str) -> String {
    let mut parts = text.split('%');
    let mut bytes: Vec<u8> = parts.next().unwrap_or_default().into();
    for part in parts {
        match part.get(..2).and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(code) => {
                bytes.push(code);
                bytes.extend_from_slice(part.get(2..).unwrap_or_default().as_bytes());
            }
            None => {
                bytes.push(b'%');
                bytes.extend_from_slice(part.as_bytes());
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The token there is, and whether to show it.
#[derive(Debug)]
pub(super) struct Wallet {
    source: TokenSource,
    token: Option<Token>,
    refused_at: Option<Instant>,
    /// What the log said last.
    said: Option<CredentialState>,
    /// A file that cannot be read was complained about.
    complained: bool,
}

impl Wallet {
    pub(super) fn new(source: TokenSource) -> Wallet {
        let mut wallet = Wallet { source, token: None, refused_at: None, said: None, complained: false };
        wallet.read();
        wallet
    }

    /// Reads the token again; true if it is another one.
    pub(super) fn read(&mut self) -> bool {
        let given = match self.source.read() {
            Ok(given) => given,
            Err(error) => {
                if !std::mem::replace(&mut self.complained, true) {
                    tracing::warn!("signalr: {error}: going on with what there was");
                }
                return false;
            }
        };
        self.complained = false;
        let token = given.as_ref().map(Token::read);
        let is_new = token != self.token;
        if is_new {
            (self.token, self.refused_at, self.said) = (token, None, None);
        }
        is_new
    }

    /// The token to show now: one that was refused is kept back until `retry` has passed.
    pub(super) fn shown(&mut self, retry: std::time::Duration) -> Option<Secret> {
        if self.refused_at.is_some_and(|at| at.elapsed() >= retry) {
            self.refused_at = None;
        }
        let token = self.token.as_ref().filter(|token| token.is_showable && self.refused_at.is_none());
        token.map(|token| token.secret.clone())
    }

    /// The service refused a token. Means nothing if there is another one by now.
    pub(super) fn refused(&mut self, secret: &Secret) {
        if self.token.as_ref().is_some_and(|token| token.secret == *secret) {
            self.refused_at = Some(Instant::now());
        }
    }

    /// What became of it; the log says each change once.
    pub(super) fn credential(&mut self) -> Option<Credential> {
        let token = self.token.as_ref()?;
        let now = now();
        let state = match token.state(now) {
            CredentialState::Expired => CredentialState::Expired,
            _ if self.refused_at.is_some() => CredentialState::Rejected,
            state => state,
        };
        if self.said.replace(state) != Some(state) {
            say(token, state, now);
        }
        Some(Credential { state, expires_at: token.expires_at })
    }
}

/// Tells the person about the token, never the token.
fn say(token: &Token, state: CredentialState, now: UtcTime) {
    let end = token.expires_at.map(|end| end.to_string()).unwrap_or_else(|| "an unknown time".to_owned());
    if token.is_inactive {
        tracing::warn!("signalr: the F1TV token says that its subscription is not active: car data may not come");
    }
    match state {
        CredentialState::Good => tracing::info!("signalr: the F1TV token is good until {end}"),
        CredentialState::Expiring => {
            let left_ms = token.expires_at.map_or(0, |end| end.as_millis() - now.as_millis());
            let left_h = left_ms as f64 / 3_600_000.0;
            tracing::warn!("signalr: the F1TV token ends in {left_h:.1} h, at {end}: sign in again for a new one");
        }
        CredentialState::Expired => {
            tracing::warn!(
                "signalr: the F1TV token ended at {end}: no car data and positions until there is a new one"
            );
        }
        CredentialState::Rejected if !token.is_showable => {
            tracing::warn!("signalr: what was given as F1TV token is none: going on without");
        }
        CredentialState::Rejected => {
            tracing::warn!("signalr: the service refused the F1TV token: going on without it");
        }
    }
}

fn now() -> UtcTime {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UtcTime::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jwt(claims: &str) -> String {
        format!("eyJhbGciOiJSUzI1NiJ9.{}.c2lnbmF0dXJl", URL_SAFE_NO_PAD.encode(claims))
    }

    #[test]
    fn a_token_tells_its_end_and_nothing_else_is_one() {
        let cases = [
            (jwt(r#"{"exp":1773457153,"SubscriptionStatus":"active"}"#), Some(1_773_457_153_000)),
            (jwt(r#"{"SubscriptionStatus":"active"}"#), None),
            (jwt("nonsense"), None),
            ("opaque".into(), None),
            ("a.%%%.c".into(), None),
            (String::new(), None),
        ];
        for (text, want) in cases {
            let token = Token::read(&Secret::new(text.clone()));
            assert_eq!(token.expires_at.map(UtcTime::as_millis), want, "{text}");
        }
    }

    #[test]
    fn the_whole_cookie_will_do() {
        let token = jwt(r#"{"exp":1773457153}"#);
        let json = format!(r#"{{"data":{{"subscriptionToken":"{token}"}},"profile":{{"SessionId":"x"}}}}"#);
        let encoded: String = json.bytes().map(|byte| format!("%{byte:02X}")).collect();
        for given in
            [json, encoded.clone(), format!("consent=1; login-session={encoded}; other=2"), format!("Bearer {token}")]
        {
            assert_eq!(Token::read(&Secret::new(given)).secret.reveal(), token);
        }
    }

    #[test]
    fn its_end_is_near_a_day_ahead() {
        let end_ms = 1_773_457_153_000;
        let token = Token::read(&Secret::new(jwt(r#"{"exp":1773457153}"#)));
        let state = |before_ms: i64| token.state(UtcTime::from_millis(end_ms - before_ms));
        assert_eq!(state(25 * 3_600_000), CredentialState::Good);
        assert_eq!(state(23 * 3_600_000), CredentialState::Expiring);
        assert_eq!(state(0), CredentialState::Expired);
        let broken = Token::read(&Secret::new("two\nlines"));
        assert_eq!(broken.state(UtcTime::from_millis(0)), CredentialState::Rejected);
    }

    #[test]
    fn a_refused_token_is_kept_back_and_tried_again() {
        let mut wallet = Wallet::new(TokenSource::Given(Secret::new("opaque")));
        let retry = std::time::Duration::from_secs(600);
        let shown = wallet.shown(retry).unwrap();
        wallet.refused(&shown);
        assert_eq!(wallet.shown(retry), None);
        assert_eq!(wallet.credential().map(|credential| credential.state), Some(CredentialState::Rejected));
        assert_eq!(wallet.shown(std::time::Duration::ZERO), Some(shown));
        assert_eq!(Wallet::new(TokenSource::None).credential(), None);
    }
}

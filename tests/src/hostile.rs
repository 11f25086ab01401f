//! Hostile requests to the authorize endpoint, for the router and over HTTP: `qgis` is a client with a secret, `public` one
//! without, and both have the redirect URI [`crate::REDIRECT`].

/// What such a request is answered with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// A page of that status, without a redirect.
    Page(u16),
    /// The client is told this error.
    Error(&'static str),
}

impl Expected {
    /// Whether an answer is the one expected. `redirect` is where the client may be told.
    #[must_use]
    pub fn fits(self, status: u16, location: &str, redirect: &str, body: &str) -> bool {
        match self {
            Self::Page(expected) => status == expected && location.is_empty() && !body.contains("<script"),
            Self::Error(code) => {
                let told = location.strip_prefix(redirect).unwrap_or_default();
                status == 302 && told.starts_with(&format!("?error={code}&")) && told.contains("&iss=")
            }
        }
    }
}

use Expected::{Error, Page};

/// Queries, as they stand in the request.
pub const GETS: &[(&str, Expected)] = &[
    // No client, or none that can be told apart.
    ("", Page(400)),
    ("&&&=&=", Page(400)),
    ("%", Page(400)),
    ("%ff=1", Page(400)),
    ("client_id", Page(400)),
    ("client_id=", Page(400)),
    ("client_id=%zz", Page(400)),
    ("client_id=%ff", Page(400)),
    ("client_id=%00", Page(400)),
    ("client_id=qgis%00", Page(400)),
    ("client_id=QGIS&response_type=code", Page(400)),
    ("client_id=qgis%20&response_type=code", Page(400)),
    ("client_id=qgis%0d%0aX:%20y", Page(400)),
    ("client_id='%20OR%201=1", Page(400)),
    ("client_id=client%23qgis", Page(400)),
    ("client_id=../qgis", Page(400)),
    ("client_id=%3Cscript%3Ealert(1)%3C/script%3E", Page(400)),
    ("CLIENT_ID=qgis&response_type=code", Page(400)),
    ("client_id[]=qgis&response_type=code", Page(400)),
    ("client_id=qgis,qgis&response_type=code", Page(400)),
    ("client_id=qgis&client_id=qgis&response_type=code", Page(400)),
    ("client_id=qgis;response_type=code", Page(400)),
    // A redirect URI that is not the client's.
    (
        "client_id=qgis&response_type=code&redirect_uri=https://evil.example/",
        Page(400),
    ),
    (
        "client_id=qgis&response_type=code&redirect_uri=//127.0.0.1:7070/",
        Page(400),
    ),
    (
        "client_id=qgis&response_type=code&redirect_uri=http://127.0.0.1:7070/&redirect_uri=https://evil.example/",
        Page(400),
    ),
    (
        "client_id=qgis&response_type=code&redirect_uri=http://127.0.0.1:7070/%0d%0aLocation:%20https://evil.example/",
        Page(400),
    ),
    (
        "client_id=qgis&response_type=code&redirect_uri=http://127.0.0.1:7070@evil.example/",
        Page(400),
    ),
    (
        "client_id=qgis&response_type=code&redirect_uri=http://127.0.0.1:7070/..",
        Page(400),
    ),
    (
        "client_id=qgis&response_type=code&redirect_uri=http://127.0.0.1%2eevil.example/",
        Page(400),
    ),
    (
        "client_id=qgis&response_type=code&redirect_uri=http://127.0.0.1:70700/",
        Page(400),
    ),
    (
        "client_id=qgis&response_type=code&redirect_uri=http://127.0.0.1:-1/",
        Page(400),
    ),
    (
        "client_id=qgis&response_type=code&redirect_uri=http://127.0.0.1:0/",
        Page(400),
    ),
    (
        "client_id=qgis&response_type=code&redirect_uri=http://127.1/",
        Page(400),
    ),
    (
        "client_id=qgis&response_type=code&redirect_uri=http://2130706433/",
        Page(400),
    ),
    (
        "client_id=qgis&response_type=code&redirect_uri=http://[::ffff:127.0.0.1]/",
        Page(400),
    ),
    (
        "client_id=qgis&response_type=code&redirect_uri=http://127.0.0.1%5c@evil.example/",
        Page(400),
    ),
    (
        "client_id=qgis&response_type=code&redirect_uri=http://127.0.0.1:7070/?code=x",
        Page(400),
    ),
    (
        "client_id=qgis&response_type=code&redirect_uri=http://127.0.0.1:7070/%23x",
        Page(400),
    ),
    (
        "client_id=qgis&response_type=code&redirect_uri=javascript:alert(1)",
        Page(400),
    ),
    (
        "client_id=qgis&response_type=code&redirect_uri=data:text/html,x",
        Page(400),
    ),
    (
        "client_id=qgis&response_type=code&redirect_uri=%20http://127.0.0.1:7070/",
        Page(400),
    ),
    (
        "client_id=qgis&response_type=code&redirect_uri=%ef%bc%8f",
        Page(400),
    ),
    // Everything else the client is told.
    ("client_id=qgis", Error("invalid_request")),
    ("client_id=qgis&response_type=", Error("invalid_request")),
    (
        "client_id=qgis&response_type=code&response_type=code",
        Error("invalid_request"),
    ),
    (
        "client_id=qgis&response_type=token",
        Error("unsupported_response_type"),
    ),
    (
        "client_id=qgis&response_type=CODE",
        Error("unsupported_response_type"),
    ),
    (
        "client_id=qgis&response_type=code%20id_token",
        Error("unsupported_response_type"),
    ),
    (
        "client_id=qgis&response_type=code%00",
        Error("unsupported_response_type"),
    ),
    (
        "client_id=qgis&response_type=none",
        Error("unsupported_response_type"),
    ),
    (
        "client_id=qgis&response_type=code&state=a&state=b",
        Error("invalid_request"),
    ),
    ("client_id=qgis&response_type=code&x&x", Error("invalid_request")),
    (
        "client_id=qgis&response_type=code&lang=de&l%61ng=fr",
        Error("invalid_request"),
    ),
    (
        "client_id=qgis&response_type=code&scope=bake",
        Error("invalid_scope"),
    ),
    (
        "client_id=qgis&response_type=code&scope=map%00",
        Error("invalid_scope"),
    ),
    (
        "client_id=qgis&response_type=code&scope=map,openid",
        Error("invalid_scope"),
    ),
    (
        "client_id=qgis&response_type=code&scope=admin",
        Error("invalid_scope"),
    ),
    (
        "client_id=qgis&response_type=code&scope=%0d%0a",
        Error("invalid_scope"),
    ),
    (
        "client_id=qgis&response_type=code&scope=*",
        Error("invalid_scope"),
    ),
    ("client_id=public&response_type=code", Error("invalid_request")),
    (
        "client_id=public&response_type=code&code_challenge=",
        Error("invalid_request"),
    ),
    (
        "client_id=qgis&response_type=code&code_challenge=x&code_challenge_method=S256",
        Error("invalid_request"),
    ),
    (
        "client_id=qgis&response_type=code&code_challenge_method=S256",
        Error("invalid_request"),
    ),
    (
        "client_id=qgis&response_type=code&code_challenge=%00&code_challenge_method=plain",
        Error("invalid_request"),
    ),
    (
        "client_id=qgis&response_type=code&code_challenge=%2a%2a%2atJZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjX&code_challenge_method=S256",
        Error("invalid_request"),
    ),
    (
        "client_id=qgis&response_type=code&response_mode=%00",
        Error("invalid_request"),
    ),
    (
        "client_id=qgis&response_type=code&response_mode=query%0d%0a",
        Error("invalid_request"),
    ),
    (
        "client_id=qgis&response_type=code&prompt=none%20login",
        Error("invalid_request"),
    ),
    (
        "client_id=qgis&response_type=code&prompt=%00",
        Error("invalid_request"),
    ),
    (
        "client_id=qgis&response_type=code&max_age=-0",
        Error("invalid_request"),
    ),
    (
        "client_id=qgis&response_type=code&max_age=1e3",
        Error("invalid_request"),
    ),
    (
        "client_id=qgis&response_type=code&resource=https://evil.example/",
        Error("invalid_target"),
    ),
    (
        "client_id=qgis&response_type=code&resource=/mapserv_proxy/main",
        Error("invalid_target"),
    ),
    (
        "client_id=qgis&response_type=code&resource=%00",
        Error("invalid_target"),
    ),
    (
        "client_id=qgis&response_type=code&request=x",
        Error("request_not_supported"),
    ),
    (
        "client_id=qgis&response_type=code&request_uri=http://169.254.169.254/",
        Error("request_uri_not_supported"),
    ),
    (
        "client_id=qgis&response_type=code&registration=%7b",
        Error("registration_not_supported"),
    ),
    // Odd, and nothing wrong.
    ("client_id=qgis&response_type=code&&&api_key=&=&", Page(200)),
    (
        "client_id=qgis&response_type=code&login_hint=%3Cscript%3E&nonce=%00&ui_locales=%00&lang=%00",
        Page(200),
    ),
    (
        "client_id=qgis&response_type=code&state=%0d%0aSet-Cookie:%20a=b",
        Page(200),
    ),
    (
        "client_id=qgis&response_type=code&%D8%A7=%E2%80%AE&id_token_hint=a.b.c&claims=%7B",
        Page(200),
    ),
];

/// Forms for QGIS's request: type, body and status. `TOKEN` stands for the token of the browser's own page.
pub const POSTS: &[(&str, &str, u16)] = &[
    ("", "", 415),
    ("application/json", "{\"login\":\"jane\"}", 415),
    ("text/plain", "login=jane&password=x", 415),
    ("application/x-www-form-urlencoded2", "csrf_token=TOKEN", 415),
    ("multipart/form-data", "csrf_token=TOKEN", 415),
    ("multipart/form-data; boundary=b", "--b\r\nno part", 400),
    ("multipart/form-data; boundary=b", "", 400),
    ("application/x-www-form-urlencoded", "", 403),
    ("application/x-www-form-urlencoded", "%", 400),
    ("application/x-www-form-urlencoded", "a=%ff", 400),
    (
        "application/x-www-form-urlencoded",
        "login=jane&password=correct+horse+battery",
        403,
    ),
    (
        "application/x-www-form-urlencoded",
        "csrf_token=&login=jane&password=correct+horse+battery",
        403,
    ),
    (
        "application/x-www-form-urlencoded",
        "csrf_token=x.y&decision=allow",
        403,
    ),
    (
        "application/x-www-form-urlencoded",
        "csrf_token=TOKENx&login=jane&password=correct+horse+battery",
        403,
    ),
    (
        "application/x-www-form-urlencoded",
        "csrf_token=TOKEN&csrf_token=TOKEN",
        400,
    ),
    (
        "application/x-www-form-urlencoded",
        "csrf_token=TOKEN&login=jane&login=jane&password=x",
        400,
    ),
    ("application/x-www-form-urlencoded", "csrf_token=TOKEN", 400),
    (
        "application/x-www-form-urlencoded",
        "csrf_token=TOKEN&login=&password=",
        400,
    ),
    (
        "application/x-www-form-urlencoded",
        "csrf_token=TOKEN&login=%00&password=%00",
        401,
    ),
    (
        "application/x-www-form-urlencoded",
        "csrf_token=TOKEN&login=jane%00&password=x",
        401,
    ),
    (
        "application/x-www-form-urlencoded",
        "csrf_token=TOKEN&login=user%23jane&password=x",
        401,
    ),
    (
        "application/x-www-form-urlencoded",
        "csrf_token=TOKEN&login=%3Cscript%3E&password=x&otp=%00",
        401,
    ),
    // A decision of who is not logged in: the form for name and password.
    (
        "application/x-www-form-urlencoded",
        "csrf_token=TOKEN&decision=allow",
        200,
    ),
    (
        "application/x-www-form-urlencoded",
        "csrf_token=TOKEN&decision=allow&asked=1.test.00",
        200,
    ),
    (
        "application/x-www-form-urlencoded",
        "csrf_token=TOKEN&decision",
        200,
    ),
];

// Goes through OAuth2 and OpenID Connect with openid-client, as a web application does, and prints one JSON object.
//
//     openid_client_check.mjs BASE_URL ALGORITHM CLIENT_ID METHOD SECRET
//
// ALGORITHM says which discovery document is read, oidc or oauth2; METHOD how the client authenticates:
// client_secret_basic, client_secret_post, or none with an empty secret. See `browser.mjs` for how the user signs in.
import * as client from 'openid-client';
import { visit } from './browser.mjs';

const REDIRECT = 'http://127.0.0.1:7070/';
const MAP =
  '/mapserv_proxy?ogcserver=main&SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS=parcels&STYLES=&CRS=EPSG:2056' +
  '&BBOX=2599940,1199940,2601480,1201020&WIDTH=200&HEIGHT=140&FORMAT=image/png';

const [base, algorithm, clientId, method, secret] = process.argv.slice(2);
const authentication = {
  client_secret_basic: client.ClientSecretBasic,
  client_secret_post: client.ClientSecretPost,
  none: client.None,
}[method](secret);
const config = await client.discovery(new URL(base), clientId, undefined, authentication, {
  algorithm,
  // openid-client's own switch for plain http.
  execute: [client.allowInsecureRequests],
});

async function map(accessToken) {
  try {
    const answer = await client.fetchProtectedResource(config, accessToken, new URL(base + MAP), 'GET');
    return [answer.status, answer.headers.get('content-type')];
  } catch (error) {
    // It reads the challenge.
    return [error.status, error.cause?.[0]?.parameters?.error];
  }
}

const found = { pkce: config.serverMetadata().supportsPKCE() };
const checks = {
  pkceCodeVerifier: client.randomPKCECodeVerifier(),
  expectedState: client.randomState(),
  expectedNonce: client.randomNonce(),
  idTokenExpected: true,
  maxAge: 600,
};
const url = client.buildAuthorizationUrl(config, {
  redirect_uri: REDIRECT,
  scope: 'openid profile email map',
  code_challenge: await client.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
  code_challenge_method: 'S256',
  state: checks.expectedState,
  nonce: checks.expectedNonce,
  max_age: `${checks.maxAge}`,
});
// The issuer, the state, the nonce, auth_time and the ID token's signature are looked at in here.
client.enableNonRepudiationChecks(config);
const tokens = await client.authorizationCodeGrant(config, await visit(url), checks);
const { sub, aud, at_hash } = tokens.claims();
Object.assign(found, { token_type: tokens.token_type, expires_in: tokens.expires_in, scope: tokens.scope });
Object.assign(found, { sub, aud, at_hash: typeof at_hash });
found.userinfo = await client.fetchUserInfo(config, tokens.access_token, sub);
found.map = await map(tokens.access_token);

const renewed = await client.refreshTokenGrant(config, tokens.refresh_token);
found.rotated =
  renewed.refresh_token !== tokens.refresh_token && renewed.access_token !== tokens.access_token;
found.renewed_sub = renewed.claims().sub;
found.map_after_refresh = await map(renewed.access_token);

if (method !== 'none') {
  const { active, username, client_id, scope } = await client.tokenIntrospection(config, renewed.access_token);
  found.introspection = { active, username, client_id, scope };
}
await client.tokenRevocation(config, renewed.refresh_token, { token_type_hint: 'refresh_token' });
if (method !== 'none') {
  found.introspection_after = await client.tokenIntrospection(config, renewed.access_token);
}
found.map_after_revocation = await map(renewed.access_token);
found.refresh_after_revocation = await client
  .refreshTokenGrant(config, renewed.refresh_token)
  .catch((error) => error.error);
process.stdout.write(`${JSON.stringify(found)}\n`);
process.exit(0);

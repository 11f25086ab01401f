// Verifies an access token as a resource server does that mapgate does not know, and prints one JSON object: what jose (a
// library for JWTs) and oauth4webapi (RFC 9068) say of it, and of others in its place.
//
//     jwt_check.mjs BASE_URL AUDIENCE ACCESS_TOKEN ID_TOKEN
import { createRemoteJWKSet, jwtVerify } from 'jose';
import * as oauth from 'oauth4webapi';

const [base, audience, accessToken, idToken] = process.argv.slice(2);
// oauth4webapi's own switch for plain http.
const insecure = { [oauth.allowInsecureRequests]: true };
const issuer = new URL(base);
const server = await oauth.processDiscoveryResponse(
  issuer,
  await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...insecure }),
);
const keys = createRemoteJWKSet(new URL(server.jwks_uri));

async function verify(token, expected = {}) {
  try {
    const { payload, protectedHeader } = await jwtVerify(token, keys, {
      issuer: base,
      audience,
      typ: 'at+jwt',
      requiredClaims: ['sub', 'client_id', 'iat', 'exp', 'jti', 'scope'],
      ...expected,
    });
    return { header: protectedHeader, username: payload.username, scope: payload.scope };
  } catch (error) {
    return error.claim ?? error.code;
  }
}

async function validate(token, expected = audience) {
  const request = new Request(base, { headers: { authorization: `Bearer ${token}` } });
  try {
    const { sub, client_id } = await oauth.validateJwtAccessToken(server, request, expected, insecure);
    return { sub, client_id };
  } catch (error) {
    return error.code;
  }
}

const [header, payload, signature] = accessToken.split('.');
const claims = JSON.parse(Buffer.from(payload, 'base64url'));
const clientOf = (idToken) => JSON.parse(Buffer.from(idToken.split('.')[1], 'base64url')).aud;
const encoded = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const tampered = [header, encoded({ ...claims, sub: '1004', username: 'admin' }), signature].join('.');
const unsigned = `${encoded({ alg: 'none', typ: 'at+jwt' })}.${payload}.`;
const elsewhere = 'https://elsewhere.example.com';

const found = {
  good: [await verify(accessToken), await validate(accessToken)],
  tampered: [await verify(tampered), await validate(tampered)],
  unsigned: [await verify(unsigned), await validate(unsigned)],
  id_token: [await verify(idToken, { audience: clientOf(idToken), requiredClaims: [] }), await validate(idToken)],
  elsewhere: [await verify(accessToken, { audience: elsewhere }), await validate(accessToken, elsewhere)],
  another_issuer: await verify(accessToken, { issuer: elsewhere }),
};
process.stdout.write(`${JSON.stringify(found)}\n`);
process.exit(0);

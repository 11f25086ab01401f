// Another OpenID provider, in memory: `oidc-provider` with its development forms, on a free port of 127.0.0.1.
//
// Its standard input has one JSON object a line. The first is how it is to be: `clients` and whatever else
// oidc-provider's configuration takes, beside `accounts`: what logs in → claims, `sub` among them. A later one is
// `{"accounts": …}`, which take the place of those before. It says `ready http://…` once it serves, and ends with its
// input.
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import Provider from 'oidc-provider';

let accounts = {};
let server;

function start({ accounts: first, ...configuration }) {
  accounts = first ?? {};
  server = createServer();
  server.listen(0, '127.0.0.1', () => {
    const issuer = `http://127.0.0.1:${server.address().port}`;
    const provider = new Provider(issuer, {
      cookies: { keys: ['for a test'] },
      claims: {
        openid: ['sub'],
        profile: ['name', 'preferred_username', 'roles'],
        email: ['email', 'email_verified'],
      },
      // The claims go into the id token too, as most providers have it.
      conformIdTokenClaims: false,
      ...configuration,
      findAccount: (_, id) =>
        accounts[id] && { accountId: id, claims: () => ({ sub: id, ...accounts[id] }) },
    });
    server.on('request', provider.callback());
    process.stdout.write(`ready ${issuer}\n`);
  });
}

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const said = JSON.parse(line);
    if (server) accounts = said.accounts;
    else start(said);
  })
  .on('close', () => process.exit(0));

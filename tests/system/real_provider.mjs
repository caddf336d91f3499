// real_provider.mjs: npm's oidc-provider on loopback, for system.oidc_provider. REDIRECT_URI is the only one of its
// client; its own development pages ask for the account's name and for consent. Prints one line: its address.
import { createServer } from 'node:http';
import { Provider } from 'oidc-provider';

const server = createServer();
await new Promise((done) => server.listen(0, '127.0.0.1', done));
const issuer = `http://127.0.0.1:${server.address().port}`;
const provider = new Provider(issuer, {
  clients: [{ client_id: 'socle', client_secret: process.env.CLIENT_SECRET, redirect_uris: [process.env.REDIRECT_URI],
              grant_types: ['authorization_code'], response_types: ['code'] }],
  claims: { openid: ['sub'], profile: ['preferred_username', 'name', 'groups'] },
  conformIdTokenClaims: false,
  pkce: { required: () => true },
  features: { devInteractions: { enabled: true } },
  findAccount: (ctx, id) => ({
    accountId: id,
    claims: () => ({ sub: id, preferred_username: id, name: `Name of ${id}`, groups: ['staff'] }),
  }),
});
server.on('request', provider.callback());
console.log(issuer);

// Answers that are wrong or unusual on purpose, else rightly made: whoever appends `?fault=NAME` to an endpoint gets that
// one there. The names are those of the OpenID relying-party tests, where these have one.
import * as crypto from 'node:crypto';

import * as jose from 'jose';

const seconds = () => Math.floor(Date.now() / 1000);

// ---- what an ID token says
const claims = {
  'invalid-iss': (c) => { c.iss += '/other'; },
  'missing-iss': (c) => { delete c.iss; },
  'invalid-aud': (c) => { c.aud = 'another-client'; },
  'missing-aud': (c) => { delete c.aud; },
  'invalid-secondary-aud': (c) => { c.aud = [c.aud, 'another-client']; delete c.azp; },
  'valid-aud-as-array': (c) => { c.aud = [c.aud]; },
  'missing-sub': (c) => { delete c.sub; },
  'invalid-expired-exp': (c) => { c.exp = seconds() - 300; },
  'missing-exp': (c) => { delete c.exp; },
  'exp-as-string': (c) => { c.exp = String(c.exp); },
  'missing-iat': (c) => { delete c.iat; },
  'iat-is-week-in-past': (c) => { c.iat -= 7 * 86400; },
  'iat-in-future': (c) => { c.iat += 3600; },
  'nbf-in-future': (c) => { c.nbf = seconds() + 3600; },
  'invalid-nonce': (c) => { c.nonce += 'x'; },
  'missing-nonce': (c) => { delete c.nonce; },
  'invalid-athash': (c) => { c.at_hash = 'AAAAAAAAAAAAAAAAAAAAAA'; },
  'invalid-openbanking-intent-id': (c) => { c.openbanking_intent_id = 'urn:bank:intent:another'; },
  'wrong-acr': (c) => { c.acr = 'urn:openbanking:psd2:ca'; },
};

// ---- how it is signed and encrypted; `key` has the server's keys by algorithm
const b64 = (value) => Buffer.from(value).toString('base64url');
const signed = (text, header, key) => new jose.CompactSign(Buffer.from(text)).setProtectedHeader(header)
  .sign(key, { crit: Object.fromEntries((header.crit ?? []).map((name) => [name, true])) });
const sealed = (token, key) => new jose.CompactEncrypt(Buffer.from(token))
  .setProtectedHeader({ alg: 'RSA-OAEP', enc: 'A128GCM', cty: 'JWT' }).encrypt(key);
const signatures = {
  'invalid-signature': async (text, header, key) => {
    const [head, payload, signature] = (await signed(text, header, key.RS256)).split('.');
    const bytes = Buffer.from(signature, 'base64url');
    bytes[bytes.length - 2] ^= 0x55;
    return `${head}.${payload}.${b64(bytes)}`;
  },
  'null-alg': async (text) => `${b64('{"alg":"none"}')}.${b64(text)}.`,
  'alternate-alg': (text, header, key) => signed(text, { alg: 'ES256', kid: key.kid.ES256 }, key.ES256),
  'hs256-with-public-key': (text, header, key) =>
    signed(text, { ...header, alg: 'HS256' }, Buffer.from(key.public.export({ type: 'spki', format: 'pem' }))),
  'kid-absent': (text, header, key) => signed(text, { alg: header.alg }, key.RS256),
  'kid-unknown': (text, header, key) => signed(text, { ...header, kid: 'no-such-key' }, key.RS256),
  'crit-unknown': (text, header, key) =>
    signed(text, { ...header, crit: ['urn:bank:understand'], 'urn:bank:understand': true }, key.RS256),
  'duplicate-claim': (text, header, key) => signed(text.replace('{', '{"sub":"mallory",'), header, key.RS256),
  // for a client that is registered for encryption
  unencrypted: (text, header, key) => signed(text, header, key.RS256),
  'wrong-enc-key': async (text, header, key) =>
    sealed(await signed(text, header, key.RS256), (await jose.generateKeyPair('RSA-OAEP')).publicKey),
};

// ---- what else a good answer of the token endpoint says
const members = {
  'token-type-case': (a) => { a.token_type = 'bEaReR'; },
  'no-token-type': (a) => { delete a.token_type; },
  'wrong-token-type': (a) => { a.token_type = 'mac'; },
  'no-expires-in': (a) => { delete a.expires_in; },
  'expires-in-string': (a) => { a.expires_in = String(a.expires_in); },
  'expires-in-negative': (a) => { a.expires_in = -1; },
  'no-scope': (a) => { delete a.scope; },
  'no-id-token': (a) => { delete a.id_token; },
  'extra-members': (a) => {
    a.note = '\u202e\u001b[31mred\u001b]0;title\u0007\u009b2J\u0000';
    a.nested = [{ '\u001b[2J': [1, null, { deep: '\u001b]52;c;AAAA\u0007' }] }];
  },
};

// ---- and what it answers in place of that
const html = (status) => (ctx) => {
  ctx.status = status;
  ctx.type = 'html';
  ctx.body = '<html><title>\u001b]0;owned\u0007\u001b[31m</title>Maintenance</html>';
};
const answers = {
  'http-200-html': html(200),
  'http-500-html': html(500),
  'http-503-retry-after': (ctx) => { ctx.status = 503; ctx.set('retry-after', '1'); ctx.body = ''; },
  'http-429': (ctx) => { ctx.status = 429; ctx.set('retry-after', '1'); ctx.body = { error: 'slow_down' }; },
  'http-403-empty': (ctx) => { ctx.status = 403; ctx.body = ''; },
  'bad-json': (ctx) => { ctx.type = 'json'; ctx.body = '{"access_token":'; },
  redirect: (ctx) => { ctx.status = 302; ctx.set('location', `${ctx.origin}/elsewhere`); ctx.body = ''; },
  huge: (ctx) => {
    ctx.type = 'json';
    ctx.body = JSON.stringify({ access_token: 'x'.repeat(64 << 20), token_type: 'Bearer' });
  },
  disconnect: (ctx) => { ctx.respond = false; ctx.req.socket.destroy(); },
  'bom-and-latin1': (ctx) => {
    const text = Buffer.from(`\ufeff${JSON.stringify(ctx.body)}`);
    ctx.type = 'application/json; charset=iso-8859-1';
    ctx.body = text;
  },
};

// ---- the browser's way back, and the documents
const back = {
  'auth-iss-invalid': (query) => query.set('iss', 'https://evil.example'),
  'auth-iss-missing': (query) => query.delete('iss'),
  'auth-state-invalid': (query) => query.set('state', 'of-another-sign-in'),
  'auth-state-missing': (query) => query.delete('state'),
};
const documents = {
  'discovery-issuer-mismatch': (d) => { d.issuer += '/other'; },
  'discovery-http-endpoints': (d) => { d.token_endpoint = d.token_endpoint.replace('https:', 'http:'); },
  'jwks-empty': (d) => { d.keys = []; },
  'jwks-rotated': (d) => { d.keys.forEach((key) => { key.kid += '-before'; }); },
  'userinfo-invalid-sub': (d) => { d.sub = 'mallory'; },
};
const places = { discovery: /^\/\.well-known\//, jwks: /^\/jwks$/, userinfo: /^\/me$/ };

export const known = [claims, signatures, members, answers, back, documents].flatMap(Object.keys).concat('slow');

/** `jwks` holds the server's own keys. */
export const faults = async (issuer, jwks) => {
  const of = (kty) => jwks.keys.find((k) => k.use === 'sig' && k.kty === kty);
  const key = {
    RS256: await jose.importJWK(of('RSA'), 'RS256'),
    ES256: await jose.importJWK(of('EC'), 'ES256'),
    kid: { RS256: of('RSA').kid, ES256: of('EC').kid },
    public: crypto.createPublicKey({ key: of('RSA'), format: 'jwk' }),
  };
  // An ID token that is encrypted shows nothing to its own server either: it is said again.
  const said = (ctx) => (ctx.body.id_token.split('.').length === 3 ? jose.decodeJwt(ctx.body.id_token) : {
    iss: issuer, sub: ctx.oidc.account.accountId, aud: ctx.oidc.client.clientId, iat: seconds(), exp: seconds() + 600,
    nonce: ctx.oidc.entities.AuthorizationCode.nonce,
  });
  const token = async (ctx, name) => {
    if (answers[name]) answers[name](ctx);
    if (members[name]) members[name](ctx.body);
    if (!claims[name] && !signatures[name]) return;
    const payload = said(ctx);
    claims[name]?.(payload);
    ctx.body.id_token = await (signatures[name] ?? ((text, header) => signed(text, header, key.RS256)))(
      JSON.stringify(payload), { alg: 'RS256', kid: key.kid.RS256 }, key,
    );
  };
  return async (ctx, next) => {
    const asked = ctx.query.fault;
    if (asked === 'slow' && ctx.path === '/token') await new Promise((done) => { setTimeout(done, 1500); });
    await next();
    const name = asked ?? ctx.oidc?.params?.fault;
    if (ctx.path === '/token' && ctx.status === 200 && name) await token(ctx, name);
    if (documents[name] && places[name.split('-')[0]].test(ctx.path)) {
      ctx.body = structuredClone(ctx.body);
      documents[name](ctx.body);
    }
    const location = ctx.response.get('location');
    if (back[name] && location && !location.startsWith(issuer) && location.includes('code=')) {
      const to = new URL(location);
      back[name](to.searchParams);
      ctx.set('location', to.href);
    }
  };
};

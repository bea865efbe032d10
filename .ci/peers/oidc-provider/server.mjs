// oidc-provider on two ports of loopback, one of them with client certificates. Its clients register themselves.
//
//   node server.mjs FOLDER MODE
//
// MODE is one of `modes`: what this server demands of everybody. FOLDER holds ca.pem, server.crt, server.key and
// signing.pem, which oidc-provider.sh makes. Leaves its issuer in FOLDER/issuer.MODE once it listens, and before that the
// software statement of a directory of its own in FOLDER/ssa.jwt, where MODE is plain.
// What is not oidc-provider's own: the signed form of registration that UK open banking wants (`signedRegistration`), an
// API that looks at its tokens (`api`), and answers that are spoilt on purpose (faults.mjs).
import * as crypto from 'node:crypto';
import * as fs from 'node:fs';
import * as https from 'node:https';
import * as path from 'node:path';

import * as jose from 'jose';
import { Provider, errors, interactionPolicy } from 'oidc-provider';

import { faults, known } from './faults.mjs';

const [folder, mode] = process.argv.slice(2);
const read = (name) => fs.readFileSync(path.join(folder, name));
const seconds = () => Math.floor(Date.now() / 1000);
const sha256 = (data) => crypto.hash('sha256', data, 'base64url');

// ---- what is demanded of everybody
const modes = {
  plain: {},
  'fapi-2.0': {
    clientAuthMethods: ['private_key_jwt', 'tls_client_auth', 'self_signed_tls_client_auth'],
    responseTypes: ['code'],
    signing: ['PS256', 'ES256', 'EdDSA'],
    fapi: '2.0',
    par: true,
  },
  'par-only': { par: true },
  'jar-only': { jar: true },
  'strict-mtls': { mtls: true },
};
const demanded = modes[mode];

// ---- two ports, before their names are needed
let answer;
const certificate = { key: read('server.key'), cert: read('server.crt'), minVersion: 'TLSv1.2' };
const listen = (options) => new Promise((ready, failed) => {
  const server = https.createServer(options, (request, response) => answer(request, response));
  server.once('error', failed).listen(0, '127.0.0.1', () => ready(server));
});
const plain = await listen(certificate);
const mutual = await listen({ ...certificate, ca: read('ca.pem'), requestCert: true, rejectUnauthorized: !!demanded.mtls });
const issuer = `https://localhost:${plain.address().port}`;
const mtls = `https://localhost:${mutual.address().port}`;

// ---- keys: new at every start
const made = async (alg, members, options = {}) => {
  const { privateKey } = await jose.generateKeyPair(alg, { extractable: true, ...options });
  return { ...(await jose.exportJWK(privateKey)), ...members };
};
const jwks = {
  keys: [
    await made('RS256', { kid: 'op-rsa', use: 'sig' }),
    await made('ES256', { kid: 'op-ec', use: 'sig' }),
    await made('RSA-OAEP-256', { kid: 'op-rsa-enc', use: 'enc' }),
  ],
};
const pub = ({ kty, n, e, crv, x, y, kid, use }) => JSON.parse(JSON.stringify({ kty, n, e, crv, x, y, kid, use }));
const ownKeys = jose.createLocalJWKSet({ keys: jwks.keys.filter((k) => k.use === 'sig').map(pub) });

// ---- oidc-provider, with everything on
const signing = demanded.signing ?? ['HS256', 'RS256', 'PS256', 'ES256', 'EdDSA'];
const wrapping = ['RSA-OAEP', 'RSA-OAEP-256', 'ECDH-ES'];
const content = ['A128GCM', 'A256GCM', 'A128CBC-HS256'];
const enabledJWA = { clientAuthSigningAlgValues: signing, dPoPSigningAlgValues: ['ES256', 'PS256'] };
for (const what of ['idToken', 'requestObject', 'userinfo', 'introspection', 'authorization']) {
  enabledJWA[`${what}SigningAlgValues`] = signing;
  enabledJWA[`${what}EncryptionAlgValues`] = wrapping;
  enabledJWA[`${what}EncryptionEncValues`] = content;
}
const peer = (ctx) => ctx.socket.getPeerX509Certificate?.();
const names = (dn) => dn.split(/[,\n]/).map((part) => part.trim()).sort().join(',');
const details = { validate(ctx, detail) {
  if (typeof detail.instructedAmount?.amount !== 'string') throw new errors.InvalidAuthorizationDetails('no amount');
} };
// a person signs in as strongly as they are asked to
const interactions = interactionPolicy.base();
const { checks } = interactions.get('login');
['essential_acr', 'essential_acrs'].forEach((name) => checks.remove(name));
checks.add(new interactionPolicy.Check('strength', 'as asked for', ({ oidc }) => {
  const { value, values: [first] = [] } = oidc.claims.id_token?.acr ?? {};
  oidc.session.acr = value ?? first;
  return interactionPolicy.Check.NO_NEED_TO_PROMPT;
}));
const mtlsEndpoints = {
  token_endpoint: '/token', registration_endpoint: '/reg', introspection_endpoint: '/token/introspection',
  revocation_endpoint: '/token/revocation', userinfo_endpoint: '/me', pushed_authorization_request_endpoint: '/request',
  device_authorization_endpoint: '/device/auth', backchannel_authentication_endpoint: '/backchannel',
};

const provider = new Provider(issuer, {
  jwks,
  enabledJWA,
  cookies: { keys: [crypto.randomBytes(16).toString('hex')] },
  scopes: ['openid', 'offline_access', 'accounts', 'payments'],
  claims: { openid: ['sub', 'openbanking_intent_id'], email: ['email'], auth_time: null, acr: null, iss: null, sid: null },
  acrValues: ['urn:openbanking:psd2:sca', 'urn:openbanking:psd2:ca'],
  extraParams: ['fault'],
  interactions: { policy: interactions },
  responseTypes: demanded.responseTypes ?? ['code', 'code id_token', 'id_token', 'none'],
  clientAuthMethods: demanded.clientAuthMethods ?? [
    'none', 'client_secret_basic', 'client_secret_post', 'client_secret_jwt', 'private_key_jwt', 'tls_client_auth',
    'self_signed_tls_client_auth',
  ],
  clientDefaults: { grant_types: ['authorization_code'], response_types: ['code'] },
  extraClientMetadata: { properties: ['software_statement', 'software_id'], validator() {} },
  discovery: {
    mtls_endpoint_aliases: Object.fromEntries(Object.entries(mtlsEndpoints).map(([name, at]) => [name, mtls + at])),
  },
  pkce: { required: () => true },
  rotateRefreshToken: true,
  issueRefreshToken: async (ctx, client, source) =>
    client.grantTypeAllowed('refresh_token') && source.scopes.has('offline_access'),
  expiresWithSession: async () => false,
  ttl: {
    AccessToken: 600, AuthorizationCode: 60, BackchannelAuthenticationRequest: 60, ClientCredentials: 600, DeviceCode: 60,
    Grant: 3600, IdToken: 600, Interaction: 300, RefreshToken: 3600, Session: 3600,
  },
  findAccount: async (ctx, id) => ({
    accountId: id,
    claims: async (use, scope, asked) => ({
      sub: id, email: `${id}@person.example`, openbanking_intent_id: asked?.openbanking_intent_id?.value,
    }),
  }),
  features: {
    devInteractions: { enabled: true },
    claimsParameter: { enabled: true },
    clientCredentials: { enabled: true },
    deviceFlow: { enabled: true },
    dPoP: {
      enabled: true,
      nonceSecret: crypto.randomBytes(32),
      requireNonce: (ctx) => ctx.oidc.client?.clientName === 'wants a nonce',
    },
    encryption: { enabled: true },
    fapi: {
      enabled: true,
      profile: (ctx, client) => demanded.fapi ?? (client?.clientName === 'FAPI' ? '1.0 Final' : undefined),
    },
    introspection: { enabled: true, allowedPolicy: async () => true },
    jwtIntrospection: { enabled: true },
    jwtResponseModes: { enabled: true },
    jwtUserinfo: { enabled: true },
    mTLS: {
      enabled: true,
      certificateBoundAccessTokens: true,
      selfSignedTlsClientAuth: true,
      tlsClientAuth: true,
      getCertificate: peer,
      certificateAuthorized: (ctx) => ctx.socket.authorized,
      certificateSubjectMatches: (ctx, property, expected) =>
        property === 'tls_client_auth_subject_dn' && names(peer(ctx).subject) === names(expected),
    },
    pushedAuthorizationRequests: { enabled: true, requirePushedAuthorizationRequests: !!demanded.par },
    registration: { enabled: true },
    registrationManagement: { enabled: true, rotateRegistrationAccessToken: true },
    requestObjects: { enabled: true, requireSignedRequestObject: !!demanded.jar },
    resourceIndicators: {
      enabled: true,
      defaultResource: async (ctx, client, one) => (one ? [one].flat()[0] : undefined),
      useGrantedResource: async () => true,
      getResourceServerInfo: async (ctx, resource) => {
        if (!resource.startsWith('https://api.')) throw new errors.InvalidTarget();
        return { scope: 'accounts payments', audience: resource, accessTokenFormat: 'jwt', jwt: { sign: { alg: 'PS256' } } };
      },
    },
    revocation: { enabled: true },
    richAuthorizationRequests: {
      enabled: true,
      types: { payment_initiation: details },
      authorizationDetailsForGrantSource: (ctx) => JSON.parse(ctx.oidc.params.authorization_details ?? '[]'),
      authorizationDetailsForAccessToken: (ctx, token, source) => source?.rar ?? [],
      authorizationDetailsForIntrospection: (ctx, token) => token.rar,
    },
    userinfo: { enabled: true },
    ciba: {
      enabled: true,
      deliveryModes: ['poll'],
      processLoginHint: async (ctx, hint) => (hint === 'nobody' ? undefined : hint),
      validateRequestContext: async () => {},
      validateBindingMessage: async () => {},
      verifyUserCode: async () => {},
      // the person answers when the client has asked once
      triggerAuthenticationDevice: async (ctx, request, account, client) => {
        setTimeout(async () => {
          if (request.params.binding_message === 'say no') {
            await provider.backchannelResult(request, new errors.AccessDenied('the person said no'));
            return;
          }
          const grant = new provider.Grant({ clientId: client.clientId, accountId: account.accountId });
          grant.addOIDCScope(request.scope);
          await grant.save();
          await provider.backchannelResult(request, grant);
        }, 500).unref();
      },
    },
  },
});

// ---- the directory, and registration in the signed form of UK open banking
const directory = await made('PS256', { kid: 'directory', use: 'sig', alg: 'PS256' });
const software = await (async () => {
  const key = await jose.exportJWK(crypto.createPublicKey(read('signing.pem')));
  const kid = await jose.calculateJwkThumbprint(key, 'sha256');
  return { key: { ...key, kid, use: 'sig' }, id: crypto.randomBytes(9).toString('hex') };
})();
const statement = await new jose.SignJWT({
  iss: 'OpenBanking Ltd', iat: seconds(), jti: crypto.randomUUID(), software_id: software.id, org_status: 'Active',
  software_roles: ['AISP', 'PISP'], software_redirect_uris: ['https://tpp.example/callback'],
  software_client_uri: 'https://tpp.example', software_jwks: { keys: [software.key] },
}).setProtectedHeader({ alg: 'PS256', kid: 'directory', typ: 'JWT' }).sign(await jose.importJWK(directory, 'PS256'));
if (mode === 'plain') fs.writeFileSync(path.join(folder, 'ssa.jwt'), statement);
const directoryKeys = { keys: [pub(directory)] };

const whole = async (ctx) => {
  const pieces = [];
  for await (const piece of ctx.req) pieces.push(piece);
  return Buffer.concat(pieces).toString();
};
const usedOnce = new Set();

// Verifies the statement and the request around it, and hands the claims to oidc-provider's own registration.
const signedRegistration = async (ctx, next) => {
  if (!/^\/reg(\/|$)/.test(ctx.path) || !ctx.is('application/jwt', 'application/jose')) return next();
  const refuse = (status, error, why) => {
    ctx.status = status;
    ctx.body = { error, error_description: why };
  };
  if (!ctx.socket.authorized) return refuse(401, 'invalid_client', 'a client certificate that is known here is wanted');
  const jwt = await whole(ctx);
  let ssa;
  try {
    const { software_statement: text } = jose.decodeJwt(jwt);
    ({ payload: ssa } = await jose.jwtVerify(text, jose.createLocalJWKSet(directoryKeys), { algorithms: ['PS256'] }));
  } catch (e) {
    return refuse(400, 'invalid_software_statement', e.message);
  }
  try {
    const { payload } = await jose.jwtVerify(jwt, jose.createLocalJWKSet(ssa.software_jwks), {
      algorithms: ['PS256'], audience: issuer, issuer: ssa.software_id, requiredClaims: ['iat', 'exp', 'jti'],
    });
    if (usedOnce.has(payload.jti)) throw new Error('jti was used before');
    usedOnce.add(payload.jti);
    if (!payload.redirect_uris?.every((uri) => ssa.software_redirect_uris.includes(uri))) {
      return refuse(400, 'invalid_redirect_uri', 'a redirect URI is not in the statement');
    }
    const { iss, aud, iat, exp, jti, ...metadata } = payload;
    ctx.req.body = { ...metadata, jwks: ssa.software_jwks };
    ctx.req.headers['content-type'] = 'application/json';
  } catch (e) {
    return refuse(400, 'invalid_client_metadata', e.message);
  }
  return next();
};

// ---- an API: who holds the token, and whether they may
const api = async (ctx, next) => {
  if (ctx.path === '/directory/jwks') {
    ctx.body = directoryKeys;
    return undefined;
  }
  if (!ctx.path.startsWith('/api/')) return next();
  const deny = (error, why) => {
    ctx.status = 401;
    ctx.set('www-authenticate', `Bearer error="${error}", error_description="${why}"`);
    ctx.body = { error, error_description: why };
  };
  const [, scheme, value] = /^(Bearer|DPoP) (.+)$/.exec(ctx.get('authorization')) ?? [];
  if (!value) return deny('invalid_token', 'no token');
  let token = await provider.AccessToken.find(value) ?? await provider.ClientCredentials.find(value);
  if (!token) {
    try {
      const { payload } = await jose.jwtVerify(value, ownKeys, { issuer, typ: 'at+jwt' });
      token = { ...payload, ...payload.cnf, clientId: payload.client_id, accountId: payload.sub };
    } catch (e) {
      return deny('invalid_token', e.message);
    }
  }
  const bound = token['x5t#S256'];
  if (bound && (!peer(ctx) || sha256(peer(ctx).raw) !== bound)) return deny('invalid_token', 'another certificate');
  if (token.jkt) {
    try {
      const { payload, protectedHeader: { jwk } } =
        await jose.jwtVerify(ctx.get('dpop'), jose.EmbeddedJWK, { typ: 'dpop+jwt', maxTokenAge: 60 });
      const fits = scheme === 'DPoP' && await jose.calculateJwkThumbprint(jwk) === token.jkt && payload.ath === sha256(value)
        && payload.htm === ctx.method && payload.htu === `https://${ctx.host}${ctx.path}`;
      if (!fits) throw new Error('the proof is not for this request');
    } catch (e) {
      return deny('invalid_dpop_proof', e.message);
    }
  }
  ctx.body = { client_id: token.clientId, sub: token.accountId, scope: token.scope, bound: bound ? 'certificate' : token.jkt ? 'key' : 'nothing' };
  return undefined;
};

provider.use(await faults(issuer, jwks));
provider.use(signedRegistration);
provider.use(api);
answer = provider.callback();
// whole, or not there yet
fs.writeFileSync(path.join(folder, 'faults'), known.join('\n'));
fs.writeFileSync(path.join(folder, `${mode}.part`), issuer);
fs.renameSync(path.join(folder, `${mode}.part`), path.join(folder, `issuer.${mode}`));

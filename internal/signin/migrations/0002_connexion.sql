-- +goose Up

-- When the token last changed, and why a session ended ('' while it lives or when nothing is to be said).
alter table signin_session add column rotated_at text not null default '';
alter table signin_session add column ended_why text not null default '';

-- What the provider must be shown when its session is to end too. It goes with the session.
create table signin_hint (
    session  text primary key,
    id_token text not null
);

-- What was asked by mail: to sign in, to link a provider's account, to change one's address.
-- A row is there whether the address is known or not.
create table signin_ask (
    id         text primary key,
    kind       text not null, -- connexion, lien, adresse
    browser    text not null, -- SHA-256 of what the asking browser holds in its cookie
    link       text not null, -- SHA-256 of the token in the mail's link
    code       text not null, -- HMAC-SHA-256 of the code, keyed by what the browser holds: the table alone cannot be searched
    person     text not null, -- '' when nobody has the address
    address    text not null,
    back       text not null, -- where to go afterwards
    device     text not null, -- browser and system that asked, in words
    issuer     text not null, -- of the provider's account to link
    subject    text not null,
    created_at text not null,
    expires_at text not null,
    used_at    text not null, -- '' while it was not
    wrong      integer not null
);
create unique index signin_ask_link on signin_ask (link);
create index signin_ask_browser on signin_ask (browser);

-- How often something was tried in a span of time. Keys are hashed with the salt of the day.
create table signin_tries (
    key   text not null,
    until text not null, -- end of the span
    hits  integer not null,
    primary key (key, until)
);
create table signin_salt (
    day  text primary key,
    salt text not null
);

-- Codes of an authenticator (RFC 6238): one for each person.
create table signin_totp (
    person       text primary key,
    secret       text not null, -- sealed when the service has a key, see the documentation
    last_step    bigint not null, -- of the last code accepted: each serves once
    confirmed_at text not null, -- '' until a first code was shown
    created_at   text not null
);
create table signin_recovery (
    id         text primary key,
    person     text not null,
    code       text not null, -- SHA-256; eighty random bits
    created_at text not null,
    used_at    text not null
);
create index signin_recovery_person on signin_recovery (person);

-- Passkeys.
create table signin_passkey (
    id         text primary key,
    person     text not null,
    credential text not null, -- its identifier, in base64url
    record     text not null, -- public key, counter and flags, as JSON
    name       text not null, -- as its owner calls it
    created_at text not null,
    used_at    text not null
);
create unique index signin_passkey_credential on signin_passkey (credential);
create index signin_passkey_person on signin_passkey (person);

-- A round trip under way: a passkey's challenge, or the way to a provider and back. Once only.
create table signin_trip (
    id         text primary key, -- SHA-256 of the challenge or of the state
    kind       text not null, -- cle-entree, cle-ajout, cle-preuve, fournisseur
    browser    text not null,
    person     text not null,
    data       text not null, -- JSON
    back       text not null,
    expires_at text not null
);

-- An account at a provider, known by issuer and subject alone.
create table signin_identity (
    issuer     text not null,
    subject    text not null,
    person     text not null,
    created_at text not null,
    used_at    text not null,
    primary key (issuer, subject)
);
create index signin_identity_person on signin_identity (person);

-- A change of address that its owner can still stop.
create table signin_address (
    id         text primary key,
    person     text not null,
    former     text not null,
    address    text not null,
    stop       text not null, -- SHA-256 of the token in the notice to the former address
    created_at text not null,
    until      text not null,
    stopped_at text not null
);
create unique index signin_address_stop on signin_address (stop);

-- The way in of the first administrator.
create table signin_first (
    id         text primary key,
    token      text not null,
    expires_at text not null
);

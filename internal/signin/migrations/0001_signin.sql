-- +goose Up

-- A session is known by the hash of its token; the token itself is only in the browser.
create table signin_session (
    id            text primary key,
    token         text not null, -- SHA-256 of the present token, in hexadecimal
    former        text not null, -- SHA-256 of the one before, honoured for a moment after a change; '' for none
    former_until  text not null,
    person        text not null, -- people_person
    hat           text not null, -- people_hat, '' for none
    method        text not null, -- courriel, cle, oidc, demonstration, jeton
    device        text not null, -- browser and system, in words
    created_at    text not null,
    seen_at       text not null, -- to five minutes
    expires_at    text not null, -- whatever happens
    proved_at     text not null, -- when a second factor was last shown, '' for never
    ended_at      text not null  -- '' while it lives
);
create unique index signin_session_token on signin_session (token);
create index signin_session_former on signin_session (former);
create index signin_session_person on signin_session (person);

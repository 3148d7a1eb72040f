-- +goose Up

-- What a person typed in a form and did not send yet. A row stays, without values, once the
-- form was accepted or the draft thrown away: what a page typed before that is then told from
-- what was typed after.
create table drafts_draft (
    person      text not null,
    form        text not null,             -- key of the form: "people/person/018f…"
    version     bigint not null,           -- counts what happened to the row
    stored      text not null,             -- JSON: values by name; empty: there is no draft
    base        text not null default '',  -- version of the thing that was edited
    saved_at    text not null,
    accepted_at text not null default '',  -- when the form was last accepted
    primary key (person, form)
);
create index drafts_draft_saved on drafts_draft (saved_at);

-- One row: what hides the person's ID in the keys that their browser holds.
create table drafts_secret (
    id     integer not null primary key check (id = 1),
    secret text not null
);

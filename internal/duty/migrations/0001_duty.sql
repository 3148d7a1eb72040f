-- +goose Up

-- A document or an act that shows what was done.
create table duty_evidence (
    id           text primary key,
    territory    text not null,
    kind         text not null,             -- one of the evidence kinds of rules.toml
    day          text not null,             -- of the act
    year         integer not null default 0, -- the year it is about, for yearly documents
    reference    text not null,
    document     text not null default '',
    created_at   text not null,
    withdrawn_at text not null default ''
);
create index duty_evidence_territory on duty_evidence (territory);

-- A convention territoriale globale and the items of the scheme it covers.
create table duty_ctg (
    id           text primary key,
    territory    text not null,
    valid_from   text not null,
    valid_to     text not null,
    items        text not null,             -- JSON list of codes, duty.SchemeItems
    pages        text not null default '{}', -- JSON: page number by code, where it was noted
    reference    text not null,
    document     text not null default '',
    replaced_by  text not null default '',  -- the reading of the same convention that took its place
    created_at   text not null,
    withdrawn_at text not null default ''
);
create index duty_ctg_territory on duty_ctg (territory);

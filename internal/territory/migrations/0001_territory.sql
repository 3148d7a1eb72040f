-- +goose Up

-- What somebody did at once, and can undo at once: the rows it touched last carry its id.
create table territory_act (
    id        text primary key,
    title     text not null,    -- French sentence, for the person who may undo it
    row_count integer not null, -- rows it touched; fewer that still carry its id: changed since
    made_at   text not null
);

-- Groupings that the reference data does not list: syndicats mixtes and the like.
create table territory_syndicat (
    id          text primary key,
    siren       text not null,
    name        text not null,
    departement text not null,
    created_at  text not null,
    live        integer not null, -- 0 once withdrawn
    act         text not null references territory_act (id) -- the last that touched it
);
create unique index territory_syndicat_siren on territory_syndicat (siren) where live = 1;
create index territory_syndicat_act on territory_syndicat (act);

-- A competence that a commune gave to another body, for a time. Without a row the commune holds it.
-- A row is never edited: to end a transfer is to withdraw its row and add one that ends.
create table territory_holding (
    id          text primary key,
    commune     text not null,
    competence  text not null, -- recenser, informer, planifier, qualite
    holder      text not null, -- SIREN
    valid_from  text not null,
    valid_to    text not null, -- last day, '' while it lasts
    proof       text not null, -- reference of the decision
    created_at  text not null,
    live        integer not null,
    act         text not null references territory_act (id)
);
create index territory_holding_commune on territory_holding (commune);
create index territory_holding_holder on territory_holding (holder);
create index territory_holding_act on territory_holding (act);

-- A set of contours is proposed, accepted and withdrawn as a whole.
create table territory_contour_set (
    id           text primary key,
    title        text not null,
    day          text not null, -- geography of the contours
    source       text not null,
    licence      text not null,
    file         text not null,
    content      text not null, -- what it holds, in French: "39 communes"
    notes        text not null, -- JSON list of sentences: what was repaired or set aside
    shape_count  integer not null,
    created_at   text not null,
    accepted_at  text not null, -- '' while somebody is still to look at it
    withdrawn_at text not null
);

-- +goose Up

-- An organisation, a person and what ties them are three things, each with its dates.
create table people_organisation (
    id          text primary key,
    kind        text not null,
    name        text not null,
    siren       text not null, -- '' when it has none or it is unknown
    territory   text not null, -- Insee code, SIREN of an EPCI or code of a département it is for; '' for none
    merged_into text not null, -- the organisation it turned out to be a duplicate of, '' when it stands alone
    created_at  text not null,
    deleted_at  text not null, -- '' while it is in use
    version     integer not null
);
create unique index people_organisation_siren on people_organisation (siren) where siren <> '' and merged_into = '' and deleted_at = '';
create index people_organisation_territory on people_organisation (territory);

create table people_person (
    id          text primary key,
    given_name  text not null,
    family_name text not null,
    mail        text not null, -- lower case, '' for somebody who never signs in
    phone       text not null,
    absent_from text not null, -- first day, '' for none
    absent_to   text not null, -- last day, '' until further notice
    deputy      text not null, -- person who stands in meanwhile, '' for none
    rhythm      text not null, -- of the digest
    demo        integer not null, -- 1: an account of the demonstration, named after its role
    merged_into text not null,
    created_at  text not null,
    deleted_at  text not null,
    version     integer not null
);
create unique index people_person_mail on people_person (mail) where mail <> '' and merged_into = '' and deleted_at = '';

-- A person works for, is elected in, volunteers for an organisation.
create table people_affiliation (
    id           text primary key,
    person       text not null references people_person (id),
    organisation text not null references people_organisation (id),
    title        text not null, -- "Coordinatrice petite enfance", '' when not said
    valid_from   text not null,
    valid_to     text not null, -- last day, '' while it lasts
    created_at   text not null,
    version      integer not null
);
create index people_affiliation_person on people_affiliation (person);
create index people_affiliation_organisation on people_affiliation (organisation);

-- What an affiliation entitles to do: the hat. It never outlives its affiliation.
create table people_hat (
    id          text primary key,
    affiliation text not null references people_affiliation (id),
    role        text not null, -- a hat of the policy table
    body        text not null, -- the instance it is worn in, '' for none
    valid_from  text not null,
    valid_to    text not null,
    created_at  text not null
);
create index people_hat_affiliation on people_hat (affiliation);

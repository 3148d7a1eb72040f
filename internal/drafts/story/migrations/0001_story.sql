-- +goose Up

create table story_sheet (
    id      text primary key,
    name    text not null,
    theme   text not null,
    access  text not null,
    agreed  text not null,
    note    text not null,
    day     text not null,
    version text not null
);

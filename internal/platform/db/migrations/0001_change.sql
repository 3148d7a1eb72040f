-- One row per thing that processes keep in memory; see change.go.
create table platform_change (
  name    text   not null primary key,
  version bigint not null
);

-- The part of c2cgeoportal 2.x's schema that an export reads, with a little of everything, to try local/src/import/export.sql.
CREATE SCHEMA main; CREATE SCHEMA main_static;
CREATE TABLE main.role (id serial PRIMARY KEY, name varchar UNIQUE NOT NULL, description varchar);
CREATE TABLE main.functionality (id serial PRIMARY KEY, name varchar NOT NULL, value varchar NOT NULL, description varchar);
CREATE TABLE main.role_functionality (role_id int NOT NULL, functionality_id int NOT NULL);
CREATE TABLE main_static."user" (id serial PRIMARY KEY, type varchar(10) NOT NULL DEFAULT 'user', username varchar UNIQUE NOT NULL,
  password varchar NOT NULL, temp_password varchar, email varchar NOT NULL, is_password_changed boolean, settings_role_id int,
  last_login timestamptz, expire_on timestamptz, deactivated boolean, display_name varchar);
CREATE TABLE main_static.user_role (user_id int NOT NULL, role_id int NOT NULL);
CREATE TABLE main_static.oauth2_client (id serial PRIMARY KEY, client_id varchar UNIQUE, secret varchar, redirect_uri varchar,
  state_required boolean NOT NULL DEFAULT false, pkce_required boolean NOT NULL DEFAULT false);
CREATE TABLE main.ogc_server (id serial PRIMARY KEY, name varchar NOT NULL, description varchar, url varchar NOT NULL, url_wfs varchar,
  type varchar NOT NULL, image_type varchar NOT NULL DEFAULT 'image/png', auth varchar NOT NULL);
CREATE TABLE main.treeitem (id serial PRIMARY KEY, type varchar(10) NOT NULL, name varchar NOT NULL);
CREATE TABLE main.layer (id int PRIMARY KEY, public boolean, geo_table varchar, exclude_properties varchar);
CREATE TABLE main.layer_wms (id int PRIMARY KEY, ogc_server_id int NOT NULL, layer varchar NOT NULL, style varchar);
CREATE TABLE main.restrictionarea (id serial PRIMARY KEY, name varchar, readwrite boolean);
CREATE TABLE main.role_restrictionarea (role_id int NOT NULL, restrictionarea_id int NOT NULL);
CREATE TABLE main.layer_restrictionarea (layer_id int NOT NULL, restrictionarea_id int NOT NULL);

INSERT INTO main.role (id, name) VALUES (1, 'role_admin'), (2, 'role_editor'), (7, 'anonymous'), (8, 'registered'), (9, 'intranet'), (11, 'planner "P"');
INSERT INTO main.functionality VALUES (1, 'mapserver_substitution', 'name=b'), (2, 'mapserver_substitution', 'name=a'), (3, 'default_basemap', 'plan');
INSERT INTO main.role_functionality VALUES (2, 1), (2, 2), (7, 3);
-- The passwords: correct horse (SHA-512-crypt), correct horse (SHA-1).
INSERT INTO main_static."user" (id, username, password, email, is_password_changed, expire_on, deactivated, display_name) VALUES
  (12, 'jane', '$6$lindmattlindmatt$OMsL2mJrJYlDPSm02iulW3eedjC0du5s8r1.OARu9cRPZFdVny5mKBAnF6vhekEgy1uQjSk3NCmmOIYbL6PVN.', 'jane@example.com', true, NULL, false, 'Jane'),
  (13, 'zoé', '2f9e53523b62abc141a2b4d6019d23cba835dbd0', 'zoe@example.com', true, '2099-01-01 00:00:00+01', NULL, NULL),
  (40, 'gone', '2f9e53523b62abc141a2b4d6019d23cba835dbd0', '', NULL, NULL, true, NULL);
INSERT INTO main_static.user_role VALUES (12, 2), (12, 11), (13, 1);
INSERT INTO main_static.oauth2_client (id, client_id, secret, redirect_uri, pkce_required) VALUES
  (1, 'qgis', '1234', 'http://127.0.0.1:7070/', false), (2, 'public', NULL, 'http://127.0.0.1:7070/', true);
INSERT INTO main.ogc_server (id, name, url, url_wfs, type, auth) VALUES
  (1, 'main', 'http://127.0.0.1:8090/mapserv', NULL, 'mapserver', 'Standard auth'),
  (2, 'geo', 'https://geo.example.com/wms', 'https://geo.example.com/wfs', 'geoserver', 'Geoserver auth'),
  (3, 'plain', 'https://plain.example.com/', NULL, 'other', 'No auth');
INSERT INTO main.treeitem VALUES (21, 'l_wms', 'Roads'), (22, 'l_wms', 'Parcels'), (23, 'l_wms', 'Parcels again'), (24, 'l_wms', 'Gas'), (25, 'l_wms', 'Roads too');
INSERT INTO main.layer VALUES (21, true), (22, false), (23, false), (24, false), (25, true);
INSERT INTO main.layer_wms VALUES (21, 1, 'roads'), (22, 1, 'parcels, owners'), (23, 1, 'parcels'), (24, 1, 'gas_pipes'), (25, 1, 'roads,owners');
INSERT INTO main.restrictionarea VALUES (31, 'read', false), (32, 'write', true);
INSERT INTO main.role_restrictionarea VALUES (2, 31), (11, 31), (2, 32);
INSERT INTO main.layer_restrictionarea VALUES (22, 31), (23, 32);

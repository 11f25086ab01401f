-- export.sql: all that mapgate takes over from GeoMapFish, as JSON lines.
-- The schemas are main and main_static, unless given: psql -v main=… -v static=…
\encoding UTF8
\if :{?main} \else \set main main \endif
\if :{?static} \else \set static main_static \endif

SELECT json_build_object('type', 'role', 'id', r.id, 'name', r.name, 'functionalities',
         coalesce((SELECT json_object_agg(f.name, f.values) FROM (
           SELECT f.name, json_agg(f.value ORDER BY f.value) AS values
             FROM :"main".role_functionality rf JOIN :"main".functionality f ON f.id = rf.functionality_id
            WHERE rf.role_id = r.id GROUP BY f.name) f), '{}'))
  FROM :"main".role r ORDER BY r.id;

-- Columns that an older version lacks are read as absent.
SELECT json_build_object('type', 'user', 'id', u.id, 'username', u.username,
         'display_name', to_jsonb(u) ->> 'display_name', 'email', u.email, 'password', u.password,
         'is_password_changed', coalesce(u.is_password_changed, false),
         'deactivated', coalesce((to_jsonb(u) ->> 'deactivated')::boolean, false),
         'expire_on', (to_jsonb(u) ->> 'expire_on')::timestamptz,
         'roles', coalesce((SELECT json_agg(r.name ORDER BY r.name)
           FROM :"static".user_role ur JOIN :"main".role r ON r.id = ur.role_id WHERE ur.user_id = u.id), '[]'))
  FROM :"static"."user" u ORDER BY u.id;

SELECT json_build_object('type', 'oauth2_client', 'client_id', c.client_id, 'secret', c.secret,
         'redirect_uris', json_build_array(c.redirect_uri),
         'state_required', coalesce((to_jsonb(c) ->> 'state_required')::boolean, false),
         'pkce_required', coalesce((to_jsonb(c) ->> 'pkce_required')::boolean, false))
  FROM :"static".oauth2_client c ORDER BY c.id;

-- As in GeoMapFish, a layer of which no tree item speaks is public. 'private' is safer: then only those of the tree show.
SELECT json_build_object('type', 'ogc_server', 'name', s.name, 'url', s.url, 'url_wfs', s.url_wfs,
         'server_type', s.type, 'auth', s.auth, 'default_access', 'public')
  FROM :"main".ogc_server s ORDER BY s.id;

SELECT json_build_object('type', 'layer', 'ogc_server', s.name, 'name', n.name, 'public', coalesce(l.public, false),
         'roles', coalesce(json_agg(DISTINCT r.name) FILTER (WHERE r.name IS NOT NULL), '[]'),
         'write_roles', coalesce(json_agg(DISTINCT r.name) FILTER (WHERE r.name IS NOT NULL AND a.readwrite), '[]'))
  FROM :"main".layer_wms w
  JOIN :"main".layer l ON l.id = w.id
  JOIN :"main".treeitem t ON t.id = w.id
  JOIN :"main".ogc_server s ON s.id = w.ogc_server_id
 CROSS JOIN LATERAL (SELECT DISTINCT btrim(part) AS name FROM regexp_split_to_table(w.layer, ',') AS part
                      WHERE btrim(part) <> '') n
  LEFT JOIN :"main".layer_restrictionarea la ON la.layer_id = l.id
  LEFT JOIN :"main".restrictionarea a ON a.id = la.restrictionarea_id
  LEFT JOIN :"main".role_restrictionarea ra ON ra.restrictionarea_id = a.id
  LEFT JOIN :"main".role r ON r.id = ra.role_id
 GROUP BY s.name, n.name, t.id, l.public ORDER BY s.name, n.name, t.id;

-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Whoever asks \d+ gets an answer.

SELECT test.is_same(string_agg(relname, ', '), NULL,
    'every table and view has a comment')
  FROM pg_class
 WHERE relnamespace = 'e911'::regnamespace AND relkind IN ('r', 'v', 'p')
   AND coalesce(obj_description(oid, 'pg_class'), '') = '';
SELECT test.is_same(string_agg(c.relname || '.' || a.attname, ', '), NULL,
    'every column has a comment')
  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
 WHERE c.relnamespace = 'e911'::regnamespace AND c.relkind IN ('r', 'v', 'p')
   AND a.attnum > 0 AND NOT a.attisdropped
   AND coalesce(col_description(c.oid, a.attnum), '') = '';
SELECT test.is_same(string_agg(oid::regprocedure::text, ', '), NULL,
    'every function has a comment')
  FROM pg_proc
 WHERE pronamespace = 'e911'::regnamespace
   AND coalesce(obj_description(oid, 'pg_proc'), '') = '';
SELECT test.is_same(string_agg(typname, ', '), NULL,
    'every type has a comment')
  FROM pg_type
 WHERE typnamespace = 'e911'::regnamespace AND typtype IN ('d', 'e', 'r')
   AND coalesce(obj_description(oid, 'pg_type'), '') = '';
SELECT test.is_true(obj_description('e911'::regnamespace, 'pg_namespace')
                    IS NOT NULL, 'the schema has a comment');
SELECT test.is_same(string_agg(rolname, ', '), NULL, 'every role has a comment')
  FROM pg_roles
 WHERE rolname IN ('e911_sidecar', 'e911_operator', 'e911_admin', 'e911_reader')
   AND shobj_description(oid, 'pg_authid') IS NULL;

-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- The current schema, whole, to be read; and how a new database gets it:
--
--     psql -v ON_ERROR_STOP=1 -d DATABASE -f sql/schema.sql
--
-- It is changed only together with a new file in migrations/, and test/sql
-- compares the dumps of both ways.  README.md has the picture.

\set ON_ERROR_STOP on
\ir roles.sql

BEGIN;

\ir schema/types.sql
\ir schema/organizations.sql
\ir schema/callbacks.sql
\ir schema/credentials.sql
\ir schema/certificates.sql
\ir schema/routes.sql
\ir schema/places.sql
\ir schema/people.sql
\ir schema/networks.sql
\ir schema/notices.sql
\ir schema/recipients.sql
\ir schema/location_clients.sql
\ir schema/screens.sql
\ir schema/limits.sql
\ir schema/change_log.sql
\ir schema/boundaries.sql
\ir schema/addresses.sql
\ir schema/resolution.sql
\ir schema/calls.sql
\ir schema/event_store.sql
\ir schema/notifications.sql
\ir schema/names.sql
\ir schema/history.sql
\ir schema/views.sql
\ir schema/boundary_views.sql
\ir schema/resolution_views.sql
\ir schema/questions.sql
\ir schema/reports.sql
\ir schema/test_calls.sql
\ir schema/ali.sql
\ir schema/ali_state.sql
\ir schema/ali_calls.sql
\ir schema/ali_delivery.sql
\ir schema/ali_push_forms.sql
\ir schema/ali_responses.sql
\ir schema/ali_dynamic.sql
\ir schema/ali_doubts.sql
\ir schema/screen_history.sql
\ir schema/tenants.sql
\ir schema/grants.sql

-- One row per file of migrations/: this schema is what they all lead to.
INSERT INTO e911.schema_migration (number, name) VALUES
    (1, 'initial'),
    (2, 'add_trunk_options'),
    (3, 'add_host_names'),
    (4, 'add_callback_forms'),
    (5, 'add_credentials'),
    (6, 'add_trunk_tls'),
    (7, 'show_dead_ways'),
    (8, 'add_share_sentence'),
    (9, 'add_trunk_media'),
    (10, 'show_missing_credentials'),
    (11, 'add_buildings_and_stations'),
    (12, 'add_trunk_certificates'),
    (13, 'name_whose_share_is_full'),
    (14, 'add_history'),
    (15, 'add_organization_admins'),
    (16, 'add_questions'),
    (17, 'add_psap_boundaries'),
    (18, 'ask_areas_too'),
    (19, 'serve_devices'),
    (20, 'tell_who_holds_changes_back'),
    (21, 'show_tenants_their_history'),
    (22, 'add_addresses'),
    (23, 'tell_who_asks_for_locations'),
    (24, 'locate_calls'),
    (25, 'report_calls'),
    (26, 'keep_scope_of_clients'),
    (27, 'tell_counties_apart'),
    (28, 'add_screens'),
    (29, 'keep_ali_records'),
    (30, 'tell_recipients'),
    (31, 'keep_test_calls'),
    (32, 'add_notifications'),
    (33, 'say_who_calls_back'),
    (34, 'push_ali_records'),
    (35, 'doubt_ali_records'),
    (36, 'recall_calls_on_screens'),
    (37, 'free_stuck_ali_orders'),
    (38, 'refuse_dead_addresses'),
    (39, 'place_calls_in_ali_records'),
    (40, 'tell_announcements'),
    (41, 'tell_doubtful_ali_records'),
    (42, 'deliver_ali_files'),
    (43, 'ask_personal_locations'),
    (44, 'refuse_service_numbers'),
    (45, 'add_test_numbers'),
    (46, 'fetch_ali_errors'),
    (47, 'clear_ali_errors'),
    (48, 'fill_ali_forms'),
    (49, 'refuse_more_test_numbers'),
    (50, 'know_own_ali_files'),
    (51, 'name_ali_providers'),
    (52, 'lend_numbers_of_recipients'),
    (53, 'leave_others_ali_records'),
    (54, 'call_is_who_answered'),
    (55, 'call_is_who_recovered'),
    (56, 'wait_for_no_location');

COMMIT;

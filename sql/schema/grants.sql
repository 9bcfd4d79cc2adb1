-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Who may touch what: see roles.sql for who they are.  Nobody but the owner
-- writes change_log, call or call_event except through functions.

REVOKE ALL ON SCHEMA e911 FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA e911 FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA e911 FROM PUBLIC;

GRANT USAGE ON SCHEMA e911 TO e911_sidecar, e911_operator, e911_reader;

-- What is provisioned: operators write it, everybody reads it.
GRANT SELECT ON
    e911.organization, e911.trunk, e911.trunk_contact, e911.trunk_source,
    e911.trunk_callback, e911.trunk_certificate, e911.callback_template,
    e911.trunk_organization, e911.psap, e911.psap_route, e911.psap_way,
    e911.gateway, e911.building, e911.location, e911.location_civic,
    e911.elin, e911.endpoint, e911.device_user, e911.station,
    e911.personal_location, e911.site_number, e911.network_range,
    e911.access_point, e911.network_switch, e911.switch_port,
    e911.notice_template, e911.notice_hours, e911.organization_admin, e911.schema_migration
    TO e911_sidecar, e911_operator, e911_reader;
GRANT INSERT, UPDATE, DELETE ON
    e911.organization, e911.trunk, e911.trunk_contact, e911.trunk_source,
    e911.trunk_callback, e911.trunk_certificate,
    e911.trunk_organization, e911.psap, e911.psap_route,
    e911.building, e911.location, e911.elin, e911.endpoint, e911.device_user,
    e911.station, e911.personal_location, e911.site_number,
    e911.network_range, e911.access_point, e911.network_switch,
    e911.switch_port, e911.recipient, e911.notice_template,
    e911.notice_hours, e911.organization_admin
    TO e911_operator;
-- Not the key that webhooks are signed with.
GRANT SELECT ON e911.recipient TO e911_sidecar, e911_operator;
GRANT SELECT (recipient_id, organization_id, name, channel, address, events,
              building_id, location_id, location_in_use, organization_key,
              preset, language, notice_template_id, notice_hours_id,
              outside_hours, updates, after_s, instead_of, is_first,
              instead_of_first)
    ON e911.recipient TO e911_reader;
GRANT UPDATE (relay_center_psap_id, last_resort_psap_id, desk_number,
              digest_realm)
    ON e911.gateway TO e911_operator;

-- Areas, ranges, addresses and coverage; what e911d finds among them it stores
-- by a function.
GRANT SELECT ON e911.psap_boundary, e911.psap_boundary_version,
    e911.msag_range, e911.address_point, e911.psap_coverage,
    e911.address_book_version, e911.location_resolution
    TO e911_sidecar, e911_operator, e911_reader;
GRANT SELECT ON e911.psap_boundary_overlap, e911.psap_boundary_gap,
    e911.location_validity
    TO e911_operator, e911_reader;
GRANT INSERT, UPDATE, DELETE ON e911.psap_boundary, e911.msag_range,
    e911.address_point, e911.psap_coverage
    TO e911_operator;
GRANT EXECUTE ON FUNCTION
    e911.location_resolution_store(uuid, uuid, bigint[], text[], text[],
                                   text[], text[], bigint[], integer[], text[],
                                   text[], text[], text[], text[], text[]),
    e911.location_question(e911.location_civic)
    TO e911_sidecar;
GRANT EXECUTE ON FUNCTION
    e911.street_key(text, text, text, text, text, text, text, text, text),
    e911.house_numbers(integer, integer, text),
    e911.text_range(text, text, text)
    TO e911_operator;

-- A hash is as good as the password it was made of.
GRANT SELECT ON e911.location_client TO e911_sidecar, e911_operator;
GRANT INSERT, UPDATE, DELETE ON e911.location_client TO e911_operator;
GRANT SELECT ON e911.screen TO e911_sidecar, e911_operator;
GRANT INSERT, UPDATE, DELETE ON e911.screen TO e911_operator;
GRANT SELECT ON e911.trunk_credential TO e911_sidecar, e911_operator;
GRANT INSERT, UPDATE, DELETE ON e911.trunk_credential TO e911_operator;

-- What happened, and the views.
GRANT SELECT ON
    e911.call, e911.call_event, e911.call_story, e911.location_dispatchable,
    e911.unprovisioned, e911.name_resolution, e911.change_summary,
    e911.change_detail
    TO e911_operator, e911_reader;
GRANT DELETE ON e911.name_resolution TO e911_operator;

-- Who was told, and who has taken calls over; administrators of organisations
-- see those of theirs.
GRANT SELECT ON e911.notification, e911.acknowledgement
    TO e911_operator, e911_reader, e911_admin;

-- Checks and views call these with the rights of whoever writes or reads.
GRANT EXECUTE ON FUNCTION
    e911.is_identify_order(text[]),
    e911.is_callback_form(text, boolean),
    e911.is_postal_code(text, text),
    e911.is_point(numeric, numeric),
    e911.is_event_list(text[]),
    e911.is_service_number(text),
    e911.notice_variables(),
    e911.is_notice_template(text, text),
    e911.is_time_zone(text),
    e911.is_span_list(text[]),
    e911.named_part(text, text),
    e911.location_address(e911.location_civic),
    e911.detail_bigint(jsonb, text),
    e911.detail_uuid(jsonb, text),
    e911.detail_text(jsonb, text),
    e911.event_sentence(text, jsonb),
    e911.change_what(jsonb, jsonb)
    TO e911_sidecar, e911_operator, e911_reader;

GRANT SELECT ON e911.change_log, e911.change_pruned TO e911_sidecar;
GRANT EXECUTE ON FUNCTION
    e911.change_take(xid8, bigint, integer),
    e911.change_horizon(),
    e911.change_cursor_is_valid(xid8, bigint),
    e911.change_prune(interval),
    e911.change_history_forget(integer),
    e911.event_store(uuid, uuid, timestamptz, text, text, jsonb),
    e911.name_resolution_store(text, text[], text[], text[]),
    e911.notification_store(jsonb),
    e911.acknowledgement_store(jsonb)
    TO e911_sidecar;
GRANT EXECUTE ON FUNCTION
    e911.directory_rebuild(),
    e911.callback_use(text, text, text, text, text),
    e911.trunk_credential_set(text, text, text),
    e911.held_secret_new(uuid),
    e911.location_client_new(text, uuid),
    e911.location_client_new_for_all(text),
    e911.location_client_secret(text, bigint),
    e911.screen_token_new(bigint),
    e911.change_undo(bigint)
    TO e911_operator;

-- ALI: operators provision who keeps records of which numbers; the records are
-- written by functions.
GRANT SELECT ON e911.ali_provider, e911.ali_numbers, e911.ali_record,
    e911.ali_candidate, e911.ali_waiting, e911.ali_cycle, e911.ali_audit,
    e911.ali_dynamic, e911.ali_doubt
    TO e911_sidecar, e911_operator, e911_reader;
GRANT INSERT, UPDATE, DELETE ON e911.ali_provider, e911.ali_numbers
    TO e911_operator;
GRANT EXECUTE ON FUNCTION
    e911.ali_provider_of(text, bigint),
    e911.ali_believed(e911.ali_record),
    e911.ali_function(e911.ali_record)
    TO e911_sidecar, e911_operator, e911_reader;
GRANT EXECUTE ON FUNCTION
    e911.ali_source(text[], bigint[]),
    e911.ali_store(bigint[], text[], bigint[], text[], jsonb[], jsonb[],
                   text[], boolean[]),
    e911.ali_expire(),
    e911.ali_doubt_take(text),
    e911.ali_doubt_told(uuid)
    TO e911_sidecar;
GRANT EXECUTE ON FUNCTION e911.ali_check() TO e911_sidecar, e911_operator;
GRANT EXECUTE ON FUNCTION
    e911.ali_take(text),
    e911.ali_answer(text, text, text, text, text, bigint),
    e911.ali_accept_rest(text, integer),
    e911.ali_request(text, text, text)
    TO e911_operator;
GRANT EXECUTE ON FUNCTION
    e911.ali_push_take(text, integer, integer),
    e911.ali_answer(text, text, text, text, text, bigint)
    TO e911_sidecar;
GRANT EXECUTE ON FUNCTION e911.ali_doubt(text, bigint)
    TO e911_operator, e911_reader;

-- Files that e911d brings: operators say where to and when.
GRANT SELECT ON e911.ali_delivery, e911.ali_delivery_state, e911.ali_file,
    e911.ali_delivery_status
    TO e911_sidecar, e911_operator, e911_reader;
GRANT INSERT, UPDATE, DELETE ON e911.ali_delivery TO e911_operator;
GRANT EXECUTE ON FUNCTION
    e911.ali_delivery_next(e911.ali_delivery, timestamptz),
    e911.ali_push_now(text)
    TO e911_operator;
GRANT EXECUTE ON FUNCTION
    e911.ali_take(text),
    e911.ali_delivery_planned(text),
    e911.ali_file_store(text, integer, integer, text),
    e911.ali_file_begun(bigint),
    e911.ali_file_delivered(bigint),
    e911.ali_delivery_failed(text, text)
    TO e911_sidecar;

-- Files of errors that e911d fetches.
GRANT SELECT ON e911.ali_fetch, e911.ali_fetch_state, e911.ali_response
    TO e911_sidecar, e911_operator, e911_reader;
GRANT INSERT, UPDATE, DELETE ON e911.ali_fetch TO e911_operator;
GRANT EXECUTE ON FUNCTION e911.ali_fetch_now(text) TO e911_operator;
GRANT EXECUTE ON FUNCTION
    e911.ali_fetched(text, text),
    e911.ali_response_due(text, text),
    e911.ali_response_seen(text, text, text),
    e911.ali_response_store(text, text, text, text, text)
    TO e911_sidecar;

-- Forms of what is pushed.
GRANT SELECT ON e911.ali_push_form
    TO e911_sidecar, e911_operator, e911_reader;
GRANT INSERT, UPDATE, DELETE ON e911.ali_push_form TO e911_operator;
GRANT EXECUTE ON FUNCTION
    e911.ali_push_fields(),
    e911.ali_form_fill(jsonb, jsonb),
    e911.ali_form_is_valid(jsonb),
    e911.are_words(jsonb),
    e911.ali_push_body(text, text, text, bigint, jsonb)
    TO e911_sidecar, e911_operator;

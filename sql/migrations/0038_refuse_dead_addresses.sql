-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- What no notice could be sent to is refused when it is written down, not when
-- somebody dials 911.  A row that is there already stops this: mend it.

\set ON_ERROR_STOP on

BEGIN;

ALTER TABLE e911.recipient
    DROP CONSTRAINT recipient_email_is_an_address,
    ADD CONSTRAINT recipient_email_is_an_address
        CHECK (channel <> 'email'
               OR (address ~ ('^[A-Za-z0-9!#$%&''*+/=?^_`{|}~-]+'
                              '(\.[A-Za-z0-9!#$%&''*+/=?^_`{|}~-]+)*'
                              '@[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?'
                              '(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)+$')
                   AND strpos(address, '@') <= 65
                   AND octet_length(address) <= 254)),
    DROP CONSTRAINT recipient_webhook_is_an_https_url,
    ADD CONSTRAINT recipient_webhook_is_an_https_url
        CHECK (channel <> 'webhook'
               OR (address ~ ('^https://[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?'
                              '(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*'
                              '(:[1-9][0-9]{0,4})?(/[\u0021-\u007e]*)?$')
                   AND coalesce(substring(address FROM '^https://[^/:]*:([0-9]+)')
                                ::numeric, 443) <= 65535)),
    ADD CONSTRAINT recipient_secret_with_whsec_is_base64
        CHECK (secret !~ '^whsec_'
               OR secret ~ ('^whsec_([A-Za-z0-9+/]{4})*'
                            '([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$'));

INSERT INTO e911.schema_migration (number, name)
VALUES (38, 'refuse_dead_addresses');

COMMIT;

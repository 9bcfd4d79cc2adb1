/* SPDX-License-Identifier: GPL-2.0-or-later */
/* export: what is provisioned, as files that import takes. */
#include <errno.h>
#include <stdlib.h>

#include "provision/organizations.h"
#include "provision/provision.h"
#include "provision/session.h"

/* The first column is the organisation's; it is left out when one was asked
 * for.  $5 is that one, 0: all. */
struct export_kind {
	const char *header; /* without "organization" */
	const char *sql;
	bool is_of_gateway;
	const char *features; /* as GeoJSON, one a row; NULL: not to be had */
};

#define OF_ORGANIZATION(t) \
	"JOIN e911.organization o ON o.organization_id = " t \
	".organization_id LEFT JOIN e911.building b " \
	"ON b.organization_id = l.organization_id " \
	"AND b.building_id = l.building_id " \
	"WHERE ($5 = 0 OR o.organization_id = $5) "
#define ORGANIZATION "o.e911_organization_id::text, "
#define OF_LOCATION(t) \
	"LEFT JOIN e911.location l " \
	"ON l.organization_id = " t ".organization_id " \
	"AND l.location_id = " t ".location_id "

/* clang-format off */
static const struct export_kind kinds[FILE_KIND_COUNT] = {
	[FILE_USERS] = {
	  .header =
	  "identification_type,device_user_id,phone_number,name,email,"
	  "callback_number,extension,mac,ip,identification_address,"
	  "manufacturer,model,building,location",
	  .sql =
	  "SELECT " ORGANIZATION "CASE WHEN e.device_user_id IS NOT NULL "
	  "THEN 'Device User ID' WHEN e.number IS NOT NULL "
	  "THEN 'Phone Number' END, "
	  "e.device_user_id, e.number, e.name, e.email, e.callback_number, "
	  "e.extension, e.mac::text, host(e.ip), e.identification_address, "
	  "e.manufacturer, e.model, b.name, l.name "
	  "FROM e911.endpoint e " OF_LOCATION("e") OF_ORGANIZATION("e")
	  "AND e.kind = 'user' AND e.status = 'active' "
	  "ORDER BY o.name, o.organization_id, e.name, e.endpoint_id" },
	[FILE_STATIONS] = {
	  .header =
	  "DisplayName,PhoneManufacturer,PhoneModel,NetworkID,"
	  "IdentificationAddress,Extension,ip,phone_number,callback_number,"
	  "building,location",
	  .sql =
	  "SELECT " ORGANIZATION "e.name, e.manufacturer, e.model, "
	  "e.mac::text, e.identification_address, e.extension, host(e.ip), "
	  "e.number, e.callback_number, b.name, l.name "
	  "FROM e911.endpoint e " OF_LOCATION("e") OF_ORGANIZATION("e")
	  "AND e.kind = 'station' AND e.status = 'active' "
	  "ORDER BY o.name, o.organization_id, e.name, e.endpoint_id" },
	[FILE_LOCATIONS] = {
	  .header =
	  "building,house_number,street,city,county,state,postal_code,"
	  "country,location,floor,unit,room,location_info,desk_number,psap,"
	  "elin",
	  .sql =
	  "SELECT " ORGANIZATION "b.name, c.house_number, c.street, c.city, "
	  "c.county, c.state, c.postal_code, c.country, l.name, l.floor, "
	  "l.unit, l.room, l.info, l.desk_number, p.name, "
	  "(SELECT string_agg(n.elin, ';' ORDER BY n.elin) "
	  "FROM e911.elin n WHERE n.location_id = l.location_id) "
	  "FROM e911.location l JOIN e911.location_civic c "
	  "ON c.location_id = l.location_id "
	  "LEFT JOIN e911.psap p ON p.psap_id = l.psap_id "
	  OF_ORGANIZATION("l") "AND l.status <> 'retired' "
	  "ORDER BY o.name, o.organization_id, b.name, l.name" },
	[FILE_RANGES] = {
	  .header = "range,building,location",
	  .sql =
	  "SELECT " ORGANIZATION "n.range::text, b.name, l.name "
	  "FROM e911.network_range n " OF_LOCATION("n") OF_ORGANIZATION("n")
	  "ORDER BY o.name, o.organization_id, n.range" },
	[FILE_ELINS] = {
	  .header = "elin,building,location",
	  .sql =
	  "SELECT " ORGANIZATION "n.elin, b.name, l.name FROM e911.elin n "
	  "JOIN e911.location l ON l.location_id = n.location_id "
	  OF_ORGANIZATION("l")
	  "ORDER BY o.name, o.organization_id, n.elin" },
	[FILE_ACCESS_POINTS] = {
	  .header = "bssid,building,location,note",
	  .sql =
	  "SELECT " ORGANIZATION "n.bssid::text, b.name, l.name, "
	  "n.description FROM e911.access_point n " OF_LOCATION("n")
	  OF_ORGANIZATION("n")
	  "ORDER BY o.name, o.organization_id, n.bssid" },
	[FILE_SWITCHES] = {
	  .header = "chassis_id,building,location,note",
	  .sql =
	  "SELECT " ORGANIZATION "n.chassis_id, b.name, l.name, "
	  "n.description FROM e911.network_switch n " OF_LOCATION("n")
	  OF_ORGANIZATION("n")
	  "ORDER BY o.name, o.organization_id, n.chassis_id" },
	[FILE_PORTS] = {
	  .header = "chassis_id,port,building,location,note",
	  .sql =
	  "SELECT " ORGANIZATION "s.chassis_id, n.port, b.name, l.name, "
	  "n.description FROM e911.switch_port n JOIN e911.network_switch s "
	  "ON s.network_switch_id = n.network_switch_id " OF_LOCATION("n")
	  OF_ORGANIZATION("n")
	  "ORDER BY o.name, o.organization_id, s.chassis_id, n.port" },
	[FILE_SITES] = {
	  .header = "number,building,location",
	  .sql =
	  "SELECT " ORGANIZATION "n.number, b.name, l.name "
	  "FROM e911.site_number n " OF_LOCATION("n") OF_ORGANIZATION("n")
	  "ORDER BY o.name, o.organization_id, n.number" },
	[FILE_PSAPS] = {
	  .is_of_gateway = true,
	  .header = "name,kind,fcc_id,alternate,routes",
	  .sql =
	  "SELECT NULL, p.name, p.kind, p.fcc_id::text, a.name, "
	  "(SELECT string_agg(r.priority || ':' || r.request_user || "
	  "coalesce('@' || t.name, ''), ';' ORDER BY r.priority) "
	  "FROM e911.psap_route r LEFT JOIN e911.trunk t USING (trunk_id) "
	  "WHERE r.psap_id = p.psap_id) FROM e911.psap p "
	  "LEFT JOIN e911.psap a ON a.psap_id = p.alternate_psap_id "
	  "ORDER BY p.name",
	  /* Whoever has several areas is refused: a feature has one. */
	  .features =
	  "SELECT json_build_object('type', 'Feature', 'properties', "
	  "json_build_object('name', p.name, 'kind', p.kind, 'fcc_id', "
	  "p.fcc_id, 'alternate', a.name, 'routes', (SELECT string_agg("
	  "r.priority || ':' || r.request_user || coalesce('@' || t.name, ''), "
	  "';' ORDER BY r.priority) FROM e911.psap_route r LEFT JOIN "
	  "e911.trunk t USING (trunk_id) WHERE r.psap_id = p.psap_id), "
	  "'priority', b.priority, 'source', b.source), 'geometry', "
	  "public.ST_AsGeoJSON(b.shape, 15, 0)::json), CASE WHEN count(*) OVER "
	  "(PARTITION BY p.psap_id) > 1 THEN p.name END FROM e911.psap p LEFT "
	  "JOIN e911.psap a ON a.psap_id = p.alternate_psap_id LEFT JOIN "
	  "e911.psap_boundary b ON b.psap_id = p.psap_id ORDER BY p.name" },
	[FILE_COVERAGE] = {
	  .is_of_gateway = true,
	  .header = "country,state,county,postal_area,psap,priority",
	  .sql =
	  "SELECT NULL, c.country, c.state, c.county, c.postal_code, p.name, "
	  "c.priority FROM e911.psap_coverage c JOIN e911.psap p USING "
	  "(psap_id) ORDER BY c.country, c.state, c.county, c.postal_code, "
	  "c.priority, p.name" },
	[FILE_BOUNDARIES] = {
	  .is_of_gateway = true,
	  .header = "psap,area,priority,source,geometry",
	  .sql =
	  "SELECT NULL, p.name, b.name, b.priority, b.source, "
	  "public.ST_AsText(b.shape, 15) FROM e911.psap_boundary b JOIN "
	  "e911.psap p USING (psap_id) ORDER BY p.name, b.name",
	  .features =
	  "SELECT json_build_object('type', 'Feature', 'properties', "
	  "json_build_object('psap', p.name, 'area', b.name, 'priority', "
	  "b.priority, 'source', b.source), 'geometry', public.ST_AsGeoJSON("
	  "b.shape, 15, 0)::json), NULL FROM e911.psap_boundary b JOIN "
	  "e911.psap p USING (psap_id) ORDER BY p.name, b.name" },
	[FILE_MSAG] = {
	  .is_of_gateway = true,
	  .header =
	  "country,state,county,city,predirectional,prefix_type,street,suffix,"
	  "postdirectional,number_prefix,low_number,high_number,parity,esn,"
	  "psap,source",
	  .sql =
	  "SELECT NULL, m.country, m.state, m.county, m.community, "
	  "m.predirectional, m.prefix_type, m.street, m.suffix, "
	  "m.postdirectional, m.number_prefix, m.low::text, m.high::text, "
	  "m.parity, m.esn, p.name, m.source FROM e911.msag_range m JOIN "
	  "e911.psap p USING (psap_id) ORDER BY m.street_key, m.low, "
	  "m.range_id" },
	[FILE_ADDRESSES] = {
	  .is_of_gateway = true,
	  .header =
	  "country,state,county,city,predirectional,prefix_type,street,suffix,"
	  "postdirectional,house_number,postal_code,psap,longitude,latitude,"
	  "source",
	  .sql =
	  "SELECT NULL, a.country, a.state, a.county, a.community, "
	  "a.predirectional, a.prefix_type, a.street, a.suffix, "
	  "a.postdirectional, concat(a.number_prefix, a.house_number, ' ' || "
	  "a.number_suffix), a.postal_code, p.name, a.longitude::text, "
	  "a.latitude::text, a.source FROM e911.address_point a LEFT JOIN "
	  "e911.psap p USING (psap_id) ORDER BY a.street_key, a.house_number, "
	  "a.point_id" },
};
/* clang-format on */

struct export_run {
	FILE *out;
	bool with_organization;
	uint64_t features;
	char several[PROVISION_ERROR_SIZE]; /* PSAP with more than one area */
};

static void write_cell(FILE *out, struct text t)
{
	bool quoted = csv_needs_quotes(t);

	if (quoted)
		(void)putc('"', out);
	for (size_t i = 0; i < t.len; i++) {
		if (t.p[i] == '"')
			(void)putc('"', out);
		(void)putc(t.p[i], out);
	}
	if (quoted)
		(void)putc('"', out);
}

static int write_row(void *arg, size_t count, const char *const *column)
{
	const struct export_run *x = arg;

	for (size_t i = x->with_organization ? 0 : 1; i < count; i++) {
		write_cell(x->out, text_of(column[i]));
		if (i + 1 < count)
			(void)putc(',', x->out);
	}
	/* RFC 4180 2.1 */
	(void)fputs("\r\n", x->out);
	return ferror(x->out) ? -EIO : 0;
}

/* One feature a line: what reads lines finds them. */
static int write_feature(void *arg, size_t count, const char *const *column)
{
	struct export_run *x = arg;

	(void)count;
	if (column[1]) {
		(void)snprintf(x->several, sizeof(x->several), "%s", column[1]);
		return -EEXIST;
	}
	(void)fprintf(x->out, "%s\n%s", x->features++ ? "," : "", column[0]);
	return ferror(x->out) ? -EIO : 0;
}

static int fail(char error[PROVISION_ERROR_SIZE], const struct session *s,
		int err)
{
	const char *why = err == -ENOTCONN || err == -EPROTO
				  ? session_refusal(s)->message
				  : strerror(-err);

	(void)snprintf(error, PROVISION_ERROR_SIZE, "%s%s",
		       err == -ENOTCONN || err == -EPROTO ? "PostgreSQL: " : "",
		       why);
	return err;
}

static int find(struct session *s, const char *organization, int64_t *ret_id,
		char error[PROVISION_ERROR_SIZE])
{
	struct organizations *o;
	const struct organization *found;
	int err = organizations_load(&o, s);

	if (err)
		return fail(error, s, err);
	err = organizations_find(o, text_of(organization), &found);
	if (!err)
		*ret_id = found->id;
	else
		(void)snprintf(error, PROVISION_ERROR_SIZE,
			       err == -EEXIST
				       ? "several organisations are called "
					 "'%s': say its UUID"
				       : "there is no organisation '%s'",
			       organization);
	organizations_free(o);
	return err ? -ENOENT : 0;
}

static int64_t run_features(struct session *s, const struct export_kind *kind,
			    struct export_run *x)
{
	static const struct session_params none = { 0 };
	int64_t n;

	(void)fputs("{\"type\":\"FeatureCollection\",\"features\":[", x->out);
	n = session_run(s, kind->features, &none, write_feature, x);
	(void)fputs("\n]}\n", x->out);
	return n;
}

static int fail_several(char error[PROVISION_ERROR_SIZE],
			const struct export_run *x)
{
	(void)snprintf(error, PROVISION_ERROR_SIZE,
		       "PSAP \"%.128s\" has several areas, and a feature has "
		       "one: export boundaries",
		       x->several);
	return -EEXIST;
}

static int run(struct session *s, const struct provision_export *request,
	       FILE *out, uint64_t *ret_rows, char error[PROVISION_ERROR_SIZE])
{
	const struct export_kind *kind = &kinds[request->kind];
	const char *organization = request->organization;
	struct export_run x = { .out = out };
	struct session_params p = { .limit = 0 };
	int64_t n;

	if (organization && !kind->is_of_gateway) {
		int err = find(s, organization, &p.limit, error);

		if (err)
			return err;
	}
	x.with_organization = !organization && !kind->is_of_gateway;
	if (request->as_features) {
		n = run_features(s, kind, &x);
	} else {
		(void)fprintf(out, "%s%s\r\n",
			      x.with_organization ? "organization," : "",
			      kind->header);
		n = session_run(s, kind->sql, &p, write_row, &x);
	}
	if (n >= 0 && fflush(out) != 0)
		n = -EIO;
	if (n == -EEXIST)
		return fail_several(error, &x);
	if (n < 0)
		return fail(error, s, (int)n);
	*ret_rows = (uint64_t)n;
	return 0;
}

int provision_export(const struct provision_export *request, FILE *out,
		     uint64_t *ret_rows, char error[PROVISION_ERROR_SIZE])
{
	struct session *s = NULL;
	int err;

	if (request->as_features && !kinds[request->kind].features) {
		(void)snprintf(error, PROVISION_ERROR_SIZE,
			       "%s have no areas: GeoJSON is for psaps and "
			       "boundaries",
			       file_kind_name(request->kind));
		return -EINVAL;
	}
	err = session_open(&s, request->conninfo);
	if (err == -ENOMEM) {
		(void)snprintf(error, PROVISION_ERROR_SIZE, "out of memory");
		return err;
	}
	err = err ? fail(error, s, err) : run(s, request, out, ret_rows, error);
	session_close(s);
	return err;
}

/* checker_views.c: the five schemas seen as one: outboxes, requests, audits, cursors, timers; and what methods must tell. */
#include "checker_sql.h"

#include <stddef.h>

/* The same of each service: S is a macro that makes a SELECT of a service's name. */
#define OF_EACH(S) \
	S("referrals") " UNION ALL " S("placements") " UNION ALL " S("providers") " UNION ALL " S("finance") \
	" UNION ALL " S("careleavers")

#define TOLD(service) \
	"SELECT '" service "' AS source, o.seq, o.id, o.type, o.aggregatetype, o.aggregateid, o.version, o.authority, o.payload," \
	" o.tableoid::regclass::text AS part FROM " service ".outbox o"
#define ASKED(service) \
	"SELECT '" service "' AS service, r.authority, r.caller, r.id, r.method, r.result_key FROM " service ".request r"
#define CURSOR(service) "SELECT '" service "' AS consumer, k.source, k.epoch, k.seq FROM " service ".cursor k"
#define HISTORY(service) "SELECT '" service "' AS source, k.epoch FROM " service ".history k"
#define DUE(service) "SELECT '" service "' AS service, t.kind, t.subject, t.due FROM " service ".timer t"
#define AUDITED(service) \
	"SELECT '" service "' AS service, a.id AS entry, a.kind, a.authority, a.actor, a.method, a.request_id, a.record FROM " \
	service ".audit a"
#define SEAL(service) \
	"SELECT '" service "' AS service, s.no, s.after, s.last, s.entries, s.previous, s.hash FROM " service ".audit_seal s"
#define PARKED(service) "SELECT '" service "' AS consumer, k.source, k.seq, k.type, k.reason FROM " service ".parked k"
#define PART(service) \
	"SELECT '" service "' AS source, k.number, k.first_seq, k.below_seq, k.dropped FROM " service ".outbox_part k"

#define BEHIND(service) \
	"SELECT format('event %s of " service " is in no partition yet', o.seq) AS what FROM " service ".outbox_default o" \
	" UNION ALL SELECT format('entry %s of the audit of " service " is not sealed', a.id) FROM (SELECT max(e.id) AS id FROM " \
	service ".audit e) a WHERE a.id > (SELECT coalesce(max(s.last), 0) FROM " service ".audit_seal s)"
#define LAST(service) "SELECT '" service "' AS source, max(o.seq) AS seq FROM " service ".outbox o"

const char *const checker_views[] = {
	"CREATE TEMP VIEW asked AS " OF_EACH(ASKED),
	"CREATE TEMP VIEW audited AS " OF_EACH(AUDITED),
	"CREATE TEMP VIEW seal AS " OF_EACH(SEAL),
	"CREATE TEMP VIEW parked_anywhere AS " OF_EACH(PARKED),
	"CREATE TEMP VIEW part AS " OF_EACH(PART),

	"CREATE TEMP VIEW reached AS"
	" SELECT w.consumer, w.source, c.epoch, c.seq, h.epoch AS source_epoch, coalesce(e.seq, 0) AS source_end"
	" FROM (VALUES ('referrals', 'placements'), ('referrals', 'providers'), ('providers', 'referrals'),"
	"  ('providers', 'placements'), ('placements', 'providers'), ('finance', 'placements'), ('finance', 'providers'),"
	"  ('careleavers', 'placements')) w (consumer, source)"
	" LEFT JOIN (" OF_EACH(CURSOR) ") c USING (consumer, source)"
	" LEFT JOIN (" OF_EACH(HISTORY) ") h USING (source)"
	" LEFT JOIN (" OF_EACH(LAST) ") e USING (source);",

	"CREATE TEMP VIEW due AS " OF_EACH(DUE),
	"CREATE TEMP VIEW behind AS " OF_EACH(BEHIND),
	NULL,
};

const char *const checker_tables[] = {
	/* A copy, so that it can have the indexes that looking things up in it wants. */
	"CREATE TEMP TABLE told AS " OF_EACH(TOLD) ";"
	"CREATE INDEX ON told (aggregateid, type);"
	"CREATE INDEX ON told ((payload ->> 'offerId'));"
	"CREATE INDEX ON told ((payload ->> 'placementId'));"
	"CREATE INDEX ON told ((payload ->> 'followsPlacementId'));"
	"CREATE INDEX ON told ((payload ->> 'childId'));"
	"ANALYZE told",

	"CREATE TEMP TABLE method_tells (method text, type text);"
	"INSERT INTO method_tells VALUES ('CreateReferral', 'hearth.referral.created.v1'),"
	" ('OpenReferral', 'hearth.referral.opened.v1'), ('WithdrawReferral', 'hearth.referral.withdrawn.v1'),"
	" ('RecordOffer', 'hearth.offer.recorded.v1'), ('AcceptOffer', 'hearth.offer.accepted.v1'),"
	" ('StartPlacement', 'hearth.placement.started.v1'), ('VaryPlacement', 'hearth.placement.varied.v1'),"
	" ('EndPlacement', 'hearth.placement.ended.v1'), ('BreakDown', 'hearth.placement.broke_down.v1'),"
	" ('UpsertHome', 'hearth.home.recorded.v1');",

	"CREATE TEMP VIEW resource AS"
	" SELECT 'referral' AS kind, r.authority, r.id FROM referrals.referral r"
	" UNION ALL SELECT 'offer', o.authority, o.id FROM referrals.offer o"
	" UNION ALL SELECT 'placement', p.authority, p.id FROM placements.placement p"
	" UNION ALL SELECT 'home', '', h.id FROM providers.home h"
	" UNION ALL SELECT 'provider', '', p.id FROM providers.provider p;",

	"CREATE TEMP TABLE method_changes (method text, kind text);"
	"INSERT INTO method_changes VALUES ('CreateReferral', 'referral'), ('OpenReferral', 'referral'),"
	" ('WithdrawReferral', 'referral'), ('RecordOffer', 'offer'), ('AcceptOffer', 'offer'), ('StartPlacement', 'placement'),"
	" ('VaryPlacement', 'placement'), ('EndPlacement', 'placement'), ('BreakDown', 'placement'),"
	" ('CancelPlacement', 'placement'), ('UpsertHome', 'home'), ('UpsertProvider', 'provider');",
	NULL,
};

/* checker_views.c: the five schemas seen as one: outboxes, requests, cursors, timers; and what methods must tell. */
#include "checker_sql.h"

#include <stddef.h>

const char *const checker_views[] = {
	"CREATE TEMP VIEW told AS"
	" SELECT 'referrals' AS source, o.seq, o.id, o.type, o.aggregatetype, o.aggregateid, o.version, o.authority, o.payload"
	"  FROM referrals.outbox o"
	" UNION ALL SELECT 'placements', o.seq, o.id, o.type, o.aggregatetype, o.aggregateid, o.version, o.authority, o.payload"
	"  FROM placements.outbox o"
	" UNION ALL SELECT 'providers', o.seq, o.id, o.type, o.aggregatetype, o.aggregateid, o.version, o.authority, o.payload"
	"  FROM providers.outbox o"
	" UNION ALL SELECT 'finance', o.seq, o.id, o.type, o.aggregatetype, o.aggregateid, o.version, o.authority, o.payload"
	"  FROM finance.outbox o"
	" UNION ALL SELECT 'careleavers', o.seq, o.id, o.type, o.aggregatetype, o.aggregateid, o.version, o.authority, o.payload"
	"  FROM careleavers.outbox o;",

	"CREATE TEMP VIEW asked AS"
	" SELECT 'referrals' AS service, r.authority, r.caller, r.id, r.method, r.result_key FROM referrals.request r"
	" UNION ALL SELECT 'placements', r.authority, r.caller, r.id, r.method, r.result_key FROM placements.request r"
	" UNION ALL SELECT 'providers', r.authority, r.caller, r.id, r.method, r.result_key FROM providers.request r"
	" UNION ALL SELECT 'finance', r.authority, r.caller, r.id, r.method, r.result_key FROM finance.request r"
	" UNION ALL SELECT 'careleavers', r.authority, r.caller, r.id, r.method, r.result_key FROM careleavers.request r;",

	"CREATE TEMP VIEW reached AS"
	" SELECT w.consumer, w.source, c.epoch, c.seq, h.epoch AS source_epoch, coalesce(e.seq, 0) AS source_end"
	" FROM (VALUES ('referrals', 'placements'), ('referrals', 'providers'), ('providers', 'referrals'),"
	"  ('providers', 'placements'), ('placements', 'providers'), ('finance', 'placements'), ('careleavers', 'placements'))"
	"  w (consumer, source)"
	" LEFT JOIN (SELECT 'referrals' AS consumer, k.source, k.epoch, k.seq FROM referrals.cursor k"
	"  UNION ALL SELECT 'providers', k.source, k.epoch, k.seq FROM providers.cursor k"
	"  UNION ALL SELECT 'placements', k.source, k.epoch, k.seq FROM placements.cursor k"
	"  UNION ALL SELECT 'finance', k.source, k.epoch, k.seq FROM finance.cursor k"
	"  UNION ALL SELECT 'careleavers', k.source, k.epoch, k.seq FROM careleavers.cursor k) c USING (consumer, source)"
	" LEFT JOIN (SELECT 'referrals' AS source, k.epoch FROM referrals.history k"
	"  UNION ALL SELECT 'placements', k.epoch FROM placements.history k"
	"  UNION ALL SELECT 'providers', k.epoch FROM providers.history k) h USING (source)"
	" LEFT JOIN (SELECT t.source, max(t.seq) AS seq FROM told t GROUP BY t.source) e USING (source);",

	"CREATE TEMP VIEW due AS"
	" SELECT 'referrals' AS service, t.kind, t.subject, t.due FROM referrals.timer t"
	" UNION ALL SELECT 'placements', t.kind, t.subject, t.due FROM placements.timer t"
	" UNION ALL SELECT 'providers', t.kind, t.subject, t.due FROM providers.timer t"
	" UNION ALL SELECT 'finance', t.kind, t.subject, t.due FROM finance.timer t"
	" UNION ALL SELECT 'careleavers', t.kind, t.subject, t.due FROM careleavers.timer t;",

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

/* checker_sql.c: what must hold of writes and of events with their effects, one query each. */
#include <stddef.h>

#include "checker_sql.h"

/* ---- acknowledged writes ---- */

const struct checker_query checker_writes[] = {
	{ "an acknowledged write is there",
	  "SELECT format('%s %s of request %s was acknowledged and is not in %s.request', a.method, a.key, a.id, a.service)"
	  " FROM acknowledged a WHERE a.answer = 'DONE' AND NOT EXISTS (SELECT 1 FROM asked r WHERE r.service = a.service"
	  " AND r.authority = a.authority AND r.caller = a.caller AND r.id = a.id AND r.method = a.method)" },
	{ "it made what it was to make",
	  "SELECT format('%s of request %s made %s and not %s', a.method, a.id, r.result_key, a.key) FROM acknowledged a"
	  " JOIN asked r ON r.service = a.service AND r.authority = a.authority AND r.caller = a.caller AND r.id = a.id"
	  " WHERE r.result_key <> a.key" },
	{ "a refused write left nothing",
	  "SELECT format('%s %s of request %s was refused and yet made', a.method, a.key, a.id) FROM acknowledged a"
	  " WHERE a.answer = 'REFUSED' AND EXISTS (SELECT 1 FROM asked r WHERE r.service = a.service AND r.authority = a.authority"
	  " AND r.caller = a.caller AND r.id = a.id)" },
	{ "every write was answered",
	  "SELECT format('%s %s of request %s was never answered', a.method, a.key, a.id) FROM acknowledged a"
	  " WHERE a.answer = 'PENDING'" },
	{ "nothing was made that nobody asked for",
	  "SELECT format('request %s (%s %s of %s) stands and nobody sent it', r.id, r.method, r.result_key, r.service)"
	  " FROM asked r WHERE NOT EXISTS (SELECT 1 FROM acknowledged a WHERE a.service = r.service"
	  " AND a.authority = r.authority AND a.caller = r.caller AND a.id = r.id)" },
	{ NULL, NULL },
};

/* ---- everything else needs no outside knowledge ---- */

const struct checker_query checker_events[] = {
	{ "a request stands once",
	  "SELECT format('request %s of %s stands %s times', r.id, r.service, count(1)) FROM asked r"
	  " GROUP BY r.service, r.authority, r.caller, r.id HAVING count(1) > 1" },
	{ "what a request made is there",
	  "SELECT format('%s %s, which %s of request %s made, is not there', c.kind, r.result_key, r.method, r.id) FROM asked r"
	  " JOIN method_changes c USING (method) WHERE NOT EXISTS (SELECT 1 FROM resource s"
	  " WHERE s.kind = c.kind AND s.authority = r.authority AND s.id::text = r.result_key)" },
	{ "a request has its effect once",
	  "SELECT format('%s was asked %s times for %s and told %s times', m.type, coalesce(a.n, 0), coalesce(a.key, t.key),"
	  "  coalesce(t.n, 0)) FROM method_tells m CROSS JOIN LATERAL ("
	  "  SELECT r.result_key AS key, count(1) AS n FROM asked r WHERE r.method = m.method GROUP BY r.result_key) a"
	  " FULL JOIN (SELECT o.type, o.aggregateid AS key, count(1) AS n FROM told o"
	  "  WHERE o.payload ->> 'followsPlacementId' IS NULL GROUP BY o.type, o.aggregateid) t"
	  "  ON t.type = m.type AND t.key = a.key"
	  " WHERE (m.type IS NOT NULL OR t.type IN (SELECT k.type FROM method_tells k)) AND a.n IS DISTINCT FROM t.n" },
	{ "a cancellation is told once",
	  "SELECT format('placement %s was cancelled %s times', t.aggregateid, count(1)) FROM told t"
	  " WHERE t.type = 'hearth.placement.cancelled.v1' GROUP BY t.aggregateid HAVING count(1) > 1" },

	/* order */
	{ "an event's id is its own",
	  "SELECT format('event id %s of %s stands %s times', t.id, t.source, count(1)) FROM told t"
	  " GROUP BY t.source, t.id HAVING count(1) > 1" },
	{ "versions rise with the sequence",
	  "SELECT format('%s: %s %s is told as version %s at seq %s, after version %s', v.source, v.aggregatetype, v.aggregateid,"
	  "  v.version, v.seq, v.before) FROM (SELECT t.source, t.aggregatetype, t.aggregateid, t.version, t.seq,"
	  "  lag(t.version) OVER (PARTITION BY t.source, t.aggregatetype, t.aggregateid ORDER BY t.seq) AS before FROM told t) v"
	  " WHERE v.before >= v.version" },
	{ "no event is newer than its aggregate",
	  "SELECT format('%s %s is at version %s and was told as version %s', v.kind, v.id, v.version, max(t.version))"
	  " FROM told t JOIN (SELECT 'referral' AS kind, 'referrals' AS source, r.id, r.version FROM referrals.referral r"
	  "  UNION ALL SELECT 'offer', 'referrals', o.id, o.version FROM referrals.offer o"
	  "  UNION ALL SELECT 'placement', 'placements', p.id, p.version FROM placements.placement p"
	  "  UNION ALL SELECT 'hold', 'providers', h.id, h.version FROM providers.hold h"
	  "  UNION ALL SELECT 'agreement', 'finance', a.id, a.version FROM finance.agreement a) v"
	  " ON v.source = t.source AND v.kind = t.aggregatetype AND v.id::text = t.aggregateid"
	  " GROUP BY v.kind, v.id, v.version HAVING max(t.version) > v.version" },
	{ "consumers have applied all",
	  "SELECT format('%s has applied %s up to %s of %s', r.consumer, r.source, coalesce(r.seq::text, 'nothing'), r.source_end)"
	  " FROM reached r WHERE r.source_end > 0 AND r.seq IS DISTINCT FROM r.source_end" },
	{ "consumers are in their source's history",
	  "SELECT format('%s applies %s in epoch %s, which is %s', r.consumer, r.source, r.epoch, r.source_epoch)"
	  " FROM reached r WHERE r.epoch <> r.source_epoch" },

	{ "nothing is parked",
	  "SELECT format('%s has parked event %s of %s (%s): %s', k.consumer, k.seq, k.source, k.type, k.reason)"
	  " FROM parked_anywhere k" },

	/* partitions */
	{ "every event is in the partition of its seq",
	  "SELECT format('event %s of %s is in %s', t.seq, t.source, t.part) FROM told t WHERE NOT EXISTS (SELECT 1 FROM part p"
	  " WHERE p.source = t.source AND t.part = t.source || '.outbox_' || p.number AND t.seq >= p.first_seq"
	  " AND t.seq < p.below_seq)" },
	{ "partitions leave no gap",
	  "SELECT format('partition %s of %s begins at %s, the one before ends below %s', g.number, g.source, g.first_seq, g.before)"
	  " FROM (SELECT p.source, p.number, p.first_seq, lag(p.below_seq) OVER (PARTITION BY p.source ORDER BY p.first_seq)"
	  "  AS before FROM part p) g WHERE g.before <> g.first_seq" },

	/* audit */
	{ "a write is audited once",
	  "SELECT format('request %s (%s of %s) has %s entries in the audit', r.id, r.method, r.service, count(a.entry))"
	  " FROM asked r LEFT JOIN audited a ON a.service = r.service AND a.kind = 'WRITE' AND a.authority = r.authority"
	  "  AND a.actor = r.caller AND a.request_id = r.id AND a.method = r.method AND a.record = r.result_key"
	  " GROUP BY r.service, r.authority, r.caller, r.id, r.method HAVING count(a.entry) <> 1" },
	{ "nothing is audited that was not done",
	  "SELECT format('entry %s of %s is of request %s (%s), which made nothing', a.entry, a.service, a.request_id, a.method)"
	  " FROM audited a WHERE a.kind = 'WRITE' AND NOT EXISTS (SELECT 1 FROM asked r WHERE r.service = a.service"
	  " AND r.authority = a.authority AND r.caller = a.actor AND r.id = a.request_id AND r.method = a.method)" },
	{ "seals follow one another",
	  "SELECT format('seal %s of %s does not follow the one before', s.no, s.service) FROM (SELECT k.service, k.no, k.after,"
	  "  k.previous, lag(k.no) OVER w AS no_before, lag(k.last) OVER w AS last_before, lag(k.hash) OVER w AS hash_before"
	  "  FROM seal k WINDOW w AS (PARTITION BY k.service ORDER BY k.no)) s WHERE s.no <> coalesce(s.no_before, 0) + 1"
	  " OR s.after <> coalesce(s.last_before, 0) OR s.previous <> coalesce(s.hash_before, '')" },
	{ "a seal covers its entries",
	  "SELECT format('seal %s of %s is of %s entries, %s stand there', s.no, s.service, s.entries, count(a.entry))"
	  " FROM seal s LEFT JOIN audited a ON a.service = s.service AND a.entry > s.after AND a.entry <= s.last"
	  " GROUP BY s.service, s.no, s.entries HAVING count(a.entry) <> s.entries" },

	/* an accepted offer */
	{ "an accepted offer is answered once",
	  "SELECT format('offer %s was accepted and answered %s times', a.aggregateid, (SELECT count(1) FROM told t"
	  "  WHERE t.type IN ('hearth.place.held.v1', 'hearth.place.refused.v1') AND t.payload ->> 'offerId' = a.aggregateid))"
	  " FROM told a WHERE a.type = 'hearth.offer.accepted.v1' AND 1 <> (SELECT count(1) FROM told t"
	  "  WHERE t.type IN ('hearth.place.held.v1', 'hearth.place.refused.v1') AND t.payload ->> 'offerId' = a.aggregateid)" },
	{ "no place is held that nobody accepted",
	  "SELECT format('hold %s is for offer %s, which nobody accepted', h.id, h.offer_id) FROM providers.hold h"
	  " WHERE h.offer_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM told a WHERE a.type = 'hearth.offer.accepted.v1'"
	  " AND a.aggregateid = h.offer_id::text)" },
	{ "an accepted offer has one hold",
	  "SELECT format('offer %s has %s holds', h.offer_id, count(1)) FROM providers.hold h WHERE h.held_until IS NOT NULL"
	  " GROUP BY h.authority, h.offer_id HAVING count(1) > 1" },
	{ "a told hold is there",
	  "SELECT format('hold %s was told and is not there', t.aggregateid) FROM told t WHERE t.aggregatetype = 'hold'"
	  " AND NOT EXISTS (SELECT 1 FROM providers.hold h WHERE h.id::text = t.aggregateid)" },
	{ "a refused offer is reopened once",
	  "SELECT format('offer %s was refused and reopened its referral %s times', t.payload ->> 'offerId', (SELECT count(1)"
	  "  FROM told r WHERE r.type = 'hearth.referral.reopened.v1' AND r.payload ->> 'offerId' = t.payload ->> 'offerId'))"
	  " FROM told t JOIN referrals.referral f ON f.id::text = t.payload ->> 'referralId' AND f.authority = t.authority"
	  " WHERE t.type = 'hearth.place.refused.v1' AND f.state <> 'WITHDRAWN' AND 1 <> (SELECT count(1) FROM told r"
	  "  WHERE r.type = 'hearth.referral.reopened.v1' AND r.payload ->> 'offerId' = t.payload ->> 'offerId')" },
	{ "a referral is reopened once for an offer",
	  "SELECT format('offer %s reopened its referral %s times', t.payload ->> 'offerId', count(1)) FROM told t"
	  " WHERE t.type = 'hearth.referral.reopened.v1' GROUP BY t.payload ->> 'offerId' HAVING count(1) > 1" },
	{ "no referral waits for ever",
	  "SELECT format('referral %s is still %s', r.id, r.state) FROM referrals.referral r"
	  " WHERE r.state IN ('ACCEPTING', 'PLANNED')" },
	{ "an open referral has its homes",
	  "SELECT format('referral %s is OPEN and no homes were found for it', r.id) FROM referrals.referral r"
	  " WHERE r.state = 'OPEN' AND NOT EXISTS (SELECT 1 FROM referrals.shortlist s WHERE s.authority = r.authority"
	  " AND s.referral_id = r.id)" },

	/* a held place */
	{ "a held place has one placement",
	  "SELECT format('hold %s has %s placements', t.aggregateid, (SELECT count(1) FROM placements.placement p"
	  "  WHERE p.hold_id::text = t.aggregateid)) FROM told t WHERE t.type = 'hearth.place.held.v1'"
	  " AND 1 <> (SELECT count(1) FROM placements.placement p WHERE p.authority = t.authority"
	  "  AND p.hold_id::text = t.aggregateid)" },
	{ "a planned placement is told once",
	  "SELECT format('placement %s was planned %s times', p.id, (SELECT count(1) FROM told t"
	  "  WHERE t.type = 'hearth.placement.planned.v1' AND t.aggregateid = p.id::text)) FROM placements.placement p"
	  " WHERE 1 <> (SELECT count(1) FROM told t WHERE t.type = 'hearth.placement.planned.v1' AND t.aggregateid = p.id::text)" },
	{ "no placement without its hold",
	  "SELECT format('placement %s is planned on hold %s, which was never told', p.id, p.hold_id) FROM placements.placement p"
	  " WHERE p.hold_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM told t WHERE t.type = 'hearth.place.held.v1'"
	  " AND t.aggregateid = p.hold_id::text)" },
	{ "a released place is told once",
	  "SELECT format('hold %s is %s and was released %s times', h.id, h.state, (SELECT count(1) FROM told t"
	  "  WHERE t.type = 'hearth.place.released.v1' AND t.aggregateid = h.id::text)) FROM providers.hold h"
	  " WHERE CASE h.state WHEN 'RELEASED' THEN 1 ELSE 0 END <> (SELECT count(1) FROM told t"
	  "  WHERE t.type = 'hearth.place.released.v1' AND t.aggregateid = h.id::text)" },
	{ "no placement is planned on a place that was given back",
	  "SELECT format('placement %s is PLANNED and its hold %s is RELEASED', p.id, h.id) FROM placements.placement p"
	  " JOIN providers.hold h ON h.id = p.hold_id WHERE p.state = 'PLANNED' AND h.state = 'RELEASED'" },
	{ "no hold outlives its time",
	  "SELECT format('hold %s is HELD beyond %s', h.id, h.held_until) FROM providers.hold h WHERE h.state = 'HELD'" },

	/* a started placement */
	{ "a started placement has one place or one excess",
	  "SELECT format('placement %s was started and has %s holds and %s events of its place', s.aggregateid, (SELECT count(1)"
	  "  FROM providers.hold h WHERE h.placement_id::text = s.aggregateid), (SELECT count(1) FROM told t"
	  "  WHERE t.type IN ('hearth.place.confirmed.v1', 'hearth.home.over_capacity.v1')"
	  "  AND t.payload ->> 'placementId' = s.aggregateid)) FROM told s WHERE s.type = 'hearth.placement.started.v1'"
	  " AND (1 <> (SELECT count(1) FROM providers.hold h WHERE h.authority = s.authority"
	  "   AND h.placement_id::text = s.aggregateid)"
	  "  OR 1 <> (SELECT count(1) FROM told t WHERE t.type IN ('hearth.place.confirmed.v1', 'hearth.home.over_capacity.v1')"
	  "   AND t.payload ->> 'placementId' = s.aggregateid))" },
	{ "an excess has its event",
	  "SELECT format('placement %s lives beyond the places of home %s and no home.over_capacity was told', h.placement_id,"
	  "  h.home_id) FROM providers.hold h WHERE h.excess AND NOT EXISTS (SELECT 1 FROM told t"
	  " WHERE t.type = 'hearth.home.over_capacity.v1' AND t.payload ->> 'placementId' = h.placement_id::text)" },
	{ "no excess without its child",
	  "SELECT format('home.over_capacity was told of placement %s, which has a place', t.payload ->> 'placementId')"
	  " FROM told t WHERE t.type = 'hearth.home.over_capacity.v1' AND NOT EXISTS (SELECT 1 FROM providers.hold h"
	  " WHERE h.excess AND h.placement_id::text = t.payload ->> 'placementId')" },
	{ "a started placement has one agreement",
	  "SELECT format('placement %s was started and has %s agreements, told %s times', s.aggregateid, (SELECT count(1)"
	  "  FROM finance.agreement a WHERE a.placement_id::text = s.aggregateid), (SELECT count(1) FROM told t"
	  "  WHERE t.type = 'hearth.agreement.opened.v1' AND t.payload ->> 'placementId' = s.aggregateid)) FROM told s"
	  " WHERE s.type = 'hearth.placement.started.v1' AND (1 <> (SELECT count(1) FROM finance.agreement a"
	  "   WHERE a.authority = s.authority AND a.placement_id::text = s.aggregateid)"
	  "  OR 1 <> (SELECT count(1) FROM told t WHERE t.type = 'hearth.agreement.opened.v1'"
	  "   AND t.payload ->> 'placementId' = s.aggregateid))" },
	{ "no agreement without its placement",
	  "SELECT format('agreement %s is for placement %s, which was never started', a.id, a.placement_id)"
	  " FROM finance.agreement a WHERE NOT EXISTS (SELECT 1 FROM told s WHERE s.type = 'hearth.placement.started.v1'"
	  " AND s.aggregateid = a.placement_id::text)" },
	{ "a started placement places its referral",
	  "SELECT format('referral %s of placement %s is %s and was placed %s times', r.id, s.aggregateid, r.state, (SELECT count(1)"
	  "  FROM told t WHERE t.type = 'hearth.referral.placed.v1' AND t.payload ->> 'placementId' = s.aggregateid))"
	  " FROM told s JOIN referrals.referral r ON r.authority = s.authority AND r.id::text = s.payload ->> 'referralId'"
	  " JOIN placements.placement p ON p.authority = s.authority AND p.id::text = s.aggregateid"
	  " WHERE s.type = 'hearth.placement.started.v1' AND (r.placement_id IS DISTINCT FROM p.id"
	  "  OR r.state <> CASE p.state WHEN 'STARTED' THEN 'PLACED' ELSE 'CLOSED' END"
	  "  OR 1 <> (SELECT count(1) FROM told t WHERE t.type = 'hearth.referral.placed.v1'"
	  "   AND t.payload ->> 'placementId' = s.aggregateid))" },
	{ "a started placement begins care",
	  "SELECT format('child %s of placement %s has no period of care', s.payload ->> 'childId', s.aggregateid) FROM told s"
	  " WHERE s.type = 'hearth.placement.started.v1' AND NOT EXISTS (SELECT 1 FROM careleavers.care_period c"
	  " WHERE c.authority = s.authority AND c.child_id::text = s.payload ->> 'childId')" },

	/* a placement that is over */
	{ "a placement that is over is free of its place",
	  "SELECT format('placement %s is over and its hold is %s', e.aggregateid, h.state) FROM told e"
	  " LEFT JOIN providers.hold h ON h.authority = e.authority AND h.placement_id::text = e.aggregateid"
	  " WHERE e.type IN ('hearth.placement.ended.v1', 'hearth.placement.broke_down.v1')"
	  " AND h.state IS DISTINCT FROM 'RELEASED'" },
	{ "a placement lived in has its place",
	  "SELECT format('placement %s is STARTED and its hold is %s', p.id, coalesce(h.state, 'missing'))"
	  " FROM placements.placement p LEFT JOIN providers.hold h ON h.authority = p.authority AND h.placement_id = p.id"
	  " WHERE p.state = 'STARTED' AND h.state IS DISTINCT FROM 'CONFIRMED'" },
	{ "a placement that is over costs nothing more",
	  "SELECT format('placement %s is over and agreement %s is %s until %s, closed %s times', e.aggregateid, a.id, a.state,"
	  "  a.end_date, (SELECT count(1) FROM told t WHERE t.type = 'hearth.agreement.closed.v1' AND t.aggregateid = a.id::text))"
	  " FROM told e JOIN finance.agreement a ON a.authority = e.authority AND a.placement_id::text = e.aggregateid"
	  " WHERE e.type IN ('hearth.placement.ended.v1', 'hearth.placement.broke_down.v1')"
	  " AND (a.state <> 'CLOSED' OR a.end_date::text <> e.payload ->> 'endDate' OR 1 <> (SELECT count(1) FROM told t"
	  "  WHERE t.type = 'hearth.agreement.closed.v1' AND t.aggregateid = a.id::text))" },
	{ "an agreement is closed only with its placement",
	  "SELECT format('agreement %s is CLOSED and placement %s is %s', a.id, p.id, p.state) FROM finance.agreement a"
	  " JOIN placements.placement p ON p.authority = a.authority AND p.id = a.placement_id"
	  " WHERE a.state = 'CLOSED' AND p.state = 'STARTED'" },
	{ "a breakdown opens one emergency referral",
	  "SELECT format('placement %s broke down and has %s emergency referrals, told %s times', b.aggregateid, (SELECT count(1)"
	  "  FROM referrals.referral r WHERE r.follows_placement_id::text = b.aggregateid), (SELECT count(1) FROM told t"
	  "  WHERE t.type = 'hearth.referral.opened.v1' AND t.payload ->> 'followsPlacementId' = b.aggregateid)) FROM told b"
	  " WHERE b.type = 'hearth.placement.broke_down.v1' AND (1 <> (SELECT count(1) FROM referrals.referral r"
	  "   WHERE r.authority = b.authority AND r.follows_placement_id::text = b.aggregateid)"
	  "  OR 1 <> (SELECT count(1) FROM told t WHERE t.type = 'hearth.referral.opened.v1'"
	  "   AND t.payload ->> 'followsPlacementId' = b.aggregateid))" },
	{ "no emergency without a breakdown",
	  "SELECT format('referral %s follows placement %s, which did not break down', r.id, r.follows_placement_id)"
	  " FROM referrals.referral r WHERE r.follows_placement_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM told b"
	  " WHERE b.type = 'hearth.placement.broke_down.v1' AND b.aggregateid = r.follows_placement_id::text)" },
	{ "who left care is not in care",
	  "SELECT format('child %s left care with placement %s and a period of care goes on', e.payload ->> 'childId',"
	  "  e.aggregateid) FROM told e WHERE e.type = 'hearth.placement.ended.v1' AND (e.payload ->> 'leftCare')::boolean"
	  " AND NOT EXISTS (SELECT 1 FROM told s WHERE s.type = 'hearth.placement.started.v1' AND s.seq > e.seq"
	  "  AND s.payload ->> 'childId' = e.payload ->> 'childId')"
	  " AND EXISTS (SELECT 1 FROM careleavers.care_period c WHERE c.authority = e.authority"
	  "  AND c.child_id::text = e.payload ->> 'childId' AND c.until IS NULL)" },

	/* places, now */
	{ "a place is used once",
	  "SELECT format('place %s of home %s has %s children', h.place, h.home_id, count(1)) FROM providers.hold h"
	  " WHERE h.state IN ('HELD', 'CONFIRMED') AND h.place IS NOT NULL GROUP BY h.home_id, h.place HAVING count(1) > 1" },
	{ "no more holds than places",
	  "SELECT format('home %s has %s places and %s holds', m.id, m.places, count(1)) FROM providers.hold h"
	  " JOIN providers.home m ON m.id = h.home_id WHERE h.state IN ('HELD', 'CONFIRMED') AND NOT h.excess"
	  " GROUP BY m.id, m.places HAVING count(1) > m.places" },
	{ NULL, NULL },
};

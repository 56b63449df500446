-- Code sets of the SSDA903 return by return year (year ending 31 March), and the breakdown set of rule R49: dated data
-- with source. 2017 is the first year whose lists were read, not the year in which a code was made. The collections of
-- 2025 (H5, P2 out, K3 in) and 2026 (Z1 out, Z11 to Z14 in) are in liia-tools-pipeline's yearly schemas, the labels
-- too. What Z11 to Z14 mean is in no source that was reachable: their labels are empty.
CREATE TABLE code (
	set        text NOT NULL,
	code       text NOT NULL,
	label      text NOT NULL,
	valid_from smallint NOT NULL,
	valid_to   smallint CHECK (valid_to >= valid_from),    -- NULL: in force
	source     text NOT NULL,
	short_breaks boolean NOT NULL DEFAULT false,           -- LS: a series of short breaks, left out of counts
	PRIMARY KEY (set, code, valid_from)
);
INSERT INTO code (set, code, label, valid_from, valid_to, source) VALUES
	('RNE', 'S', 'started to be looked after', 2017, NULL, 'csc-validator-be-903 rule 143'),
	('RNE', 'L', 'legal status only', 2017, NULL, 'csc-validator-be-903 rule 143'),
	('RNE', 'P', 'placement and carer', 2017, NULL, 'csc-validator-be-903 rule 143'),
	('RNE', 'T', 'placement, same carer', 2017, NULL, 'csc-validator-be-903 rule 143'),
	('RNE', 'B', 'legal status, placement and carer', 2017, NULL, 'csc-validator-be-903 rule 143'),
	('RNE', 'U', 'legal status and placement, same carer', 2017, NULL, 'csc-validator-be-903 rule 143'),
	('LS', 'C1', 'interim care order', 2017, NULL, 'csc-validator-be-903 rule 144'),
	('LS', 'C2', 'full care order', 2017, NULL, 'csc-validator-be-903 rule 144'),
	('LS', 'D1', 'freeing order', 2017, NULL, 'csc-validator-be-903 rule 144'),
	('LS', 'E1', 'placement order', 2017, NULL, 'csc-validator-be-903 rule 144'),
	('LS', 'V2', 'single period of accommodation under section 20', 2017, NULL, 'csc-validator-be-903 rule 144'),
	('LS', 'V3', 'short breaks, individual episodes recorded', 2017, NULL, 'csc-validator-be-903 rule 144'),
	('LS', 'V4', 'short breaks, an agreed series', 2017, NULL, 'csc-validator-be-903 rule 144'),
	('LS', 'J1', 'remand to local authority or youth detention accommodation', 2017, NULL, 'csc-validator-be-903 rule 144'),
	('LS', 'J2', 'police and criminal evidence (PACE)', 2017, NULL, 'csc-validator-be-903 rule 144'),
	('LS', 'J3', 'youth rehabilitation order with residence or fostering requirement', 2017, NULL, 'csc-validator-be-903 rule 144'),
	('LS', 'L1', 'police protection', 2017, NULL, 'csc-validator-be-903 rule 144'),
	('LS', 'L2', 'emergency protection order', 2017, NULL, 'csc-validator-be-903 rule 144'),
	('LS', 'L3', 'child assessment order', 2017, NULL, 'csc-validator-be-903 rule 144'),
	('CIN', 'N1', 'abuse or neglect', 2017, NULL, 'csc-validator-be-903 rule 145'),
	('CIN', 'N2', 'child''s disability', 2017, NULL, 'csc-validator-be-903 rule 145'),
	('CIN', 'N3', 'parental illness or disability', 2017, NULL, 'csc-validator-be-903 rule 145'),
	('CIN', 'N4', 'family in acute stress', 2017, NULL, 'csc-validator-be-903 rule 145'),
	('CIN', 'N5', 'family dysfunction', 2017, NULL, 'csc-validator-be-903 rule 145'),
	('CIN', 'N6', 'socially unacceptable behaviour', 2017, NULL, 'csc-validator-be-903 rule 145'),
	('CIN', 'N7', 'low income', 2017, NULL, 'csc-validator-be-903 rule 145'),
	('CIN', 'N8', 'absent parenting', 2017, NULL, 'csc-validator-be-903 rule 145'),
	('PLACE', 'U1', 'foster care with relative or friend, long term', 2017, NULL, 'csc-validator-be-903 rule 146'),
	('PLACE', 'U2', 'foster care with relative or friend who is also an approved adopter', 2017, NULL, 'csc-validator-be-903 rule 146'),
	('PLACE', 'U3', 'foster care with relative or friend, not long term', 2017, NULL, 'csc-validator-be-903 rule 146'),
	('PLACE', 'U4', 'other foster carer, long term', 2017, NULL, 'csc-validator-be-903 rule 146'),
	('PLACE', 'U5', 'other foster carer who is also an approved adopter', 2017, NULL, 'csc-validator-be-903 rule 146'),
	('PLACE', 'U6', 'other foster carer, not long term', 2017, NULL, 'csc-validator-be-903 rule 146'),
	('PLACE', 'K1', 'secure children''s home', 2017, NULL, 'csc-validator-be-903 rule 146'),
	('PLACE', 'K2', 'children''s home', 2017, NULL, 'csc-validator-be-903 rule 146'),
	('PLACE', 'P1', 'with parents or others with parental responsibility', 2017, NULL, 'csc-validator-be-903 rule 146'),
	('PLACE', 'P3', 'residential employment', 2017, NULL, 'csc-validator-be-903 rule 146'),
	('PLACE', 'R1', 'residential care home', 2017, NULL, 'csc-validator-be-903 rule 146'),
	('PLACE', 'R2', 'NHS or other health establishment', 2017, NULL, 'csc-validator-be-903 rule 146'),
	('PLACE', 'R3', 'family centre or mother and baby unit', 2017, NULL, 'csc-validator-be-903 rule 146'),
	('PLACE', 'R5', 'young offender institution', 2017, NULL, 'csc-validator-be-903 rule 146'),
	('PLACE', 'S1', 'residential school', 2017, NULL, 'csc-validator-be-903 rule 146'),
	('PLACE', 'A3', 'placed for adoption with consent, with current carer', 2017, NULL, 'csc-validator-be-903 rule 146'),
	('PLACE', 'A4', 'placed for adoption with consent, not with current carer', 2017, NULL, 'csc-validator-be-903 rule 146'),
	('PLACE', 'A5', 'placed for adoption with placement order, with current carer', 2017, NULL, 'csc-validator-be-903 rule 146'),
	('PLACE', 'A6', 'placed for adoption with placement order, not with current carer', 2017, NULL, 'csc-validator-be-903 rule 146'),
	('PLACE', 'T0', 'all temporary moves', 2017, NULL, 'csc-validator-be-903 rule 146'),
	('PLACE', 'T1', 'temporary: hospital', 2017, NULL, 'csc-validator-be-903 rule 146'),
	('PLACE', 'T2', 'temporary: holiday', 2017, NULL, 'csc-validator-be-903 rule 146'),
	('PLACE', 'T3', 'temporary: carer on holiday', 2017, NULL, 'csc-validator-be-903 rule 146'),
	('PLACE', 'T4', 'temporary: seven days or fewer, any reason', 2017, NULL, 'csc-validator-be-903 rule 146'),
	('PLACE', 'H5', 'semi-independent living (unregulated)', 2017, 2024, 'csc-validator-be-903 rule 146'),
	('PLACE', 'P2', 'independent living', 2017, 2024, 'csc-validator-be-903 rule 146'),
	('PLACE', 'Z1', 'other', 2017, 2025, 'csc-validator-be-903 rule 146'),
	('PLACE', 'K3', 'registered supported accommodation', 2025, NULL, 'csc-validator-be-903 rule 146'),
	('PLACE', 'Z11', '', 2026, NULL, 'csc-validator-be-903 rule 146'),
	('PLACE', 'Z12', '', 2026, NULL, 'csc-validator-be-903 rule 146'),
	('PLACE', 'Z13', '', 2026, NULL, 'csc-validator-be-903 rule 146'),
	('PLACE', 'Z14', '', 2026, NULL, 'csc-validator-be-903 rule 146'),
	('PLACE_PROVIDER', 'PR0', 'parent or person with parental responsibility', 2017, NULL, 'csc-validator-be-903 rule 178'),
	('PLACE_PROVIDER', 'PR1', 'own provision', 2017, NULL, 'csc-validator-be-903 rule 178'),
	('PLACE_PROVIDER', 'PR2', 'other local authority', 2017, NULL, 'csc-validator-be-903 rule 178'),
	('PLACE_PROVIDER', 'PR3', 'other public provision', 2017, NULL, 'csc-validator-be-903 rule 178'),
	('PLACE_PROVIDER', 'PR4', 'private', 2017, NULL, 'csc-validator-be-903 rule 178'),
	('PLACE_PROVIDER', 'PR5', 'voluntary', 2017, NULL, 'csc-validator-be-903 rule 178'),
	('REC', 'X1', 'new episode on the same day', 2017, NULL, 'csc-validator-be-903 rule 149'),
	('REC', 'E11', 'adopted, unopposed', 2017, NULL, 'csc-validator-be-903 rule 149'),
	('REC', 'E12', 'adopted, consent dispensed with', 2017, NULL, 'csc-validator-be-903 rule 149'),
	('REC', 'E2', 'died', 2017, NULL, 'csc-validator-be-903 rule 149'),
	('REC', 'E3', 'care taken over by another local authority in the UK', 2017, NULL, 'csc-validator-be-903 rule 149'),
	('REC', 'E4A', 'returned home, planned', 2017, NULL, 'csc-validator-be-903 rule 149'),
	('REC', 'E4B', 'returned home, unplanned', 2017, NULL, 'csc-validator-be-903 rule 149'),
	('REC', 'E13', 'left to live with persons with no parental responsibility', 2017, NULL, 'csc-validator-be-903 rule 149'),
	('REC', 'E41', 'residence or child arrangements order', 2017, NULL, 'csc-validator-be-903 rule 149'),
	('REC', 'E45', 'special guardianship: former foster carer, relative or friend', 2017, NULL, 'csc-validator-be-903 rule 149'),
	('REC', 'E46', 'special guardianship: former foster carer, other', 2017, NULL, 'csc-validator-be-903 rule 149'),
	('REC', 'E47', 'special guardianship: other carer, relative or friend', 2017, NULL, 'csc-validator-be-903 rule 149'),
	('REC', 'E48', 'special guardianship: other carer, other', 2017, NULL, 'csc-validator-be-903 rule 149'),
	('REC', 'E5', 'independent living with support', 2017, NULL, 'csc-validator-be-903 rule 149'),
	('REC', 'E6', 'independent living without support', 2017, NULL, 'csc-validator-be-903 rule 149'),
	('REC', 'E7', 'residential care funded by adult services', 2017, NULL, 'csc-validator-be-903 rule 149'),
	('REC', 'E9', 'sentenced to custody', 2017, NULL, 'csc-validator-be-903 rule 149'),
	('REC', 'E14', 'remand ended', 2017, NULL, 'csc-validator-be-903 rule 149'),
	('REC', 'E15', 'age assessed as 18 or over', 2017, NULL, 'csc-validator-be-903 rule 149'),
	('REC', 'E16', 'moved abroad', 2017, NULL, 'csc-validator-be-903 rule 149'),
	('REC', 'E17', 'aged 18 or over and remained with carers (staying put)', 2017, NULL, 'csc-validator-be-903 rule 149'),
	('REC', 'E8', 'other', 2017, NULL, 'csc-validator-be-903 rule 149'),
	('REASON_PLACE_CHANGE', 'CARPL', 'change to or implementation of the care plan', 2017, NULL, 'csc-validator-be-903 rule 1009'),
	('REASON_PLACE_CHANGE', 'CLOSE', 'resignation or closure', 2017, NULL, 'csc-validator-be-903 rule 1009'),
	('REASON_PLACE_CHANGE', 'ALLEG', 'allegation (section 47)', 2017, NULL, 'csc-validator-be-903 rule 1009'),
	('REASON_PLACE_CHANGE', 'STAND', 'standards of care concern', 2017, NULL, 'csc-validator-be-903 rule 1009'),
	('REASON_PLACE_CHANGE', 'APPRR', 'approval removed', 2017, NULL, 'csc-validator-be-903 rule 1009'),
	('REASON_PLACE_CHANGE', 'CREQB', 'carer asks for it: child''s behaviour', 2017, NULL, 'csc-validator-be-903 rule 1009'),
	('REASON_PLACE_CHANGE', 'CREQO', 'carer asks for it: other', 2017, NULL, 'csc-validator-be-903 rule 1009'),
	('REASON_PLACE_CHANGE', 'CHILD', 'child asks for it', 2017, NULL, 'csc-validator-be-903 rule 1009'),
	('REASON_PLACE_CHANGE', 'LAREQ', 'responsible or area authority asks for it', 2017, NULL, 'csc-validator-be-903 rule 1009'),
	('REASON_PLACE_CHANGE', 'PLACE', 'change in status of placement only', 2017, NULL, 'csc-validator-be-903 rule 1009'),
	('REASON_PLACE_CHANGE', 'CUSTOD', 'custody', 2017, NULL, 'csc-validator-be-903 rule 1009'),
	('REASON_PLACE_CHANGE', 'OTHER', 'other', 2017, NULL, 'csc-validator-be-903 rule 1009');
UPDATE code SET short_breaks = true WHERE set = 'LS' AND code IN ('V3', 'V4');

-- Is this legal status one of short breaks?
CREATE FUNCTION is_short_breaks(p_ls text) RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT EXISTS (SELECT 1 FROM code c WHERE c.set = 'LS' AND c.code = p_ls AND c.short_breaks)
$$;

-- Is this code of the set in force in the return year?
CREATE FUNCTION code_holds(p_set text, p_code text, p_year smallint) RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT EXISTS (SELECT 1 FROM code c WHERE c.set = p_set AND c.code = p_code AND c.valid_from <= p_year
		AND (c.valid_to IS NULL OR c.valid_to >= p_year))
$$;

-- Reasons that make an unplanned end a breakdown (R49), by the day of the end.
CREATE TABLE breakdown_reason (
	reason     text NOT NULL,
	valid_from date NOT NULL,
	valid_to   date CHECK (valid_to >= valid_from),        -- last day; NULL: in force
	source     text NOT NULL,
	PRIMARY KEY (reason, valid_from)
);
INSERT INTO breakdown_reason (reason, valid_from, source)
SELECT r, DATE '2016-04-01', 'R49: policy set over REASON_PLACE_CHANGE, ssd-data-model; from the first return read'
FROM unnest(ARRAY['CREQB', 'CREQO', 'CHILD', 'LAREQ', 'STAND', 'ALLEG']) r;

-- What may be done with a placement in which state; services/placements/placement_state.c is the same table in C, and
-- a test holds them together.
CREATE TABLE transition (
	from_state text NOT NULL,
	action     text NOT NULL,
	to_state   text NOT NULL,
	PRIMARY KEY (from_state, action)
);
INSERT INTO transition (from_state, action, to_state) VALUES
	('PLANNED', 'START', 'STARTED'),
	('PLANNED', 'CANCEL', 'CANCELLED'),
	('PLANNED', 'RELEASE', 'CANCELLED'),
	('CANCELLED', 'START', 'STARTED'),
	('STARTED', 'VARY', 'STARTED'),
	('STARTED', 'MOVE', 'ENDED'),
	('STARTED', 'END', 'ENDED'),
	('STARTED', 'BREAK_DOWN', 'BROKE_DOWN');

-- May the action be done with a placement in this state?
CREATE FUNCTION may(p_state text, p_action text) RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT EXISTS (SELECT 1 FROM transition t WHERE t.from_state = p_state AND t.action = p_action)
$$;

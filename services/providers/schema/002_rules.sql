-- Limits that the law sets on which home may be used, by the days between which they hold, with their source. The
-- rule module is given those of the day; a change of law is a row here. until NULL: still in force.
CREATE TABLE rule (
	code       text NOT NULL,
	from_date  date NOT NULL,
	until_date date,                       -- the first day on which it no longer holds
	value      integer,                    -- age, number or NULL where the rule has none
	source     text NOT NULL,
	PRIMARY KEY (code, from_date)
);

INSERT INTO rule (code, from_date, until_date, value, source) VALUES
	-- "Other arrangements" are not for a child under this age.
	('OTHER_ARRANGEMENT_LEAST_AGE', '2021-09-09', NULL, 16,
		'Care Planning, Placement and Case Review (England) Regulations 2010, regulation 27A (SI 2021/161)'),
	-- Supported accommodation must be registered, or its application accepted.
	('SUPPORTED_REGISTRATION', '2023-10-28', NULL, NULL,
		'Care Planning, Placement and Case Review (England) Regulations 2010, regulation 27C (SI 2023/416)'),
	-- A children's home must be registered.
	('CHILDRENS_HOME_REGISTRATION', '2002-04-01', NULL, NULL, 'Care Standards Act 2000, section 11'),
	-- A foster parent may not foster more children than this unless all are siblings (or exempted).
	('FOSTERING_USUAL_LIMIT', '1991-10-14', NULL, 3, 'Children Act 1989, Schedule 7'),
	-- A child is placed within the terms of a foster parent's approval.
	('TERMS_OF_APPROVAL', '2011-04-01', NULL, NULL,
		'Fostering Services (England) Regulations 2011, regulations 27 and 28');

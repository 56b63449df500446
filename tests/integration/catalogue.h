/* catalogue.h: every method of every contract, with what a test must know of each.
 *
 * Written by hand beside the contracts, not read from the services: it is what the services are compared with. A test
 * asserts that no method of a contract is missing here (test_bad_input). Requests are JSON with single quotes for
 * double ones and $names that a world fills in (world.h).
 */
#ifndef TESTS_INTEGRATION_CATALOGUE_H
#define TESTS_INTEGRATION_CATALOGUE_H

#include <stddef.h>
#include <stdint.h>
#include <protobuf-c/protobuf-c.h>

/* What another authority gets when it sends the request of a world's owner. */
enum foreign {
	FOREIGN_NOT_FOUND,      /* code NOT_FOUND */
	FOREIGN_EMPTY,          /* an answer that holds nothing of the owner's */
	FOREIGN_OWN,            /* something new of its own */
	FOREIGN_SHARED          /* supply and the process itself: the same for everybody */
};

struct catalogue_row {
	const char *service;                          /* "referrals" */
	const ProtobufCServiceDescriptor *contract;
	const char *method;
	char kind;                                    /* R read, S slow read, W write, C compute */
	uint32_t roles;
	enum foreign foreign;
	const char *request;
};

extern const struct catalogue_row catalogue[];    /* method NULL ends it */

extern const char *const catalogue_services[];    /* the five; NULL ends them */
/* The contracts that a process of the service answers; NULL ends them. In a static array. */
const ProtobufCServiceDescriptor *const *catalogue_contracts(const char *service);
const ProtobufCMethodDescriptor *catalogue_method(const struct catalogue_row *row);
/* As hearth_client_call takes it: "referrals:hearth.referrals.v1.Referrals/GetReferral"; and as the wire has it, without
 * the prefix. Static buffers. */
const char *catalogue_call_name(const struct catalogue_row *row);
const char *catalogue_wire_name(const struct catalogue_row *row);
const struct catalogue_row *catalogue_find(const char *service, const char *method);

#endif

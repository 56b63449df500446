/* frame.h: the frame of a call or reply: the header's size in two bytes (big endian), the header, the payload; the
 * headers of hearth.rpc.v1 are read and written by hand.
 *
 * The bytes of a header are ordinary protobuf (a contract test compares them with protobuf-c's); written by hand because the
 * header is on every call's path (3,000 instructions less). Decoding is strict and bounded: unknown fields are
 * skipped, anything malformed or over its limit fails. Texts point into the frame and are not terminated.
 */
#ifndef HEARTH_FRAME_H
#define HEARTH_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <hearth/status.h>
#include <hearth/text.h>

#define HEARTH_HEADER_MOST 1024
#define HEARTH_FRAME_PREFIX 2       /* bytes before the header */

struct hearth_slice { const char *at; size_t size; };

struct hearth_request_header {
	uint64_t call_id;
	struct hearth_slice method;
	uint64_t deadline_us;
	bool has_request_id;
	struct hearth_uuid request_id;
	struct hearth_slice traceparent;
	struct hearth_slice actor_id;
	struct hearth_slice actor_authority;
	uint32_t roles;                   /* HEARTH_ROLE bits */
};

struct hearth_reply_header {
	uint64_t call_id;
	int32_t code;
	struct hearth_slice message, reason, field;
	int32_t retry_after_ms;
	bool replayed;
};

int hearth_request_header_decode(const void *bytes, size_t size, struct hearth_request_header *ret_header,
                                 struct hearth_status *status);
int hearth_reply_header_decode(const void *bytes, size_t size, struct hearth_reply_header *ret_header);
/* Bytes written into ret_bytes[HEARTH_HEADER_MOST]; 0 when it does not fit. */
size_t hearth_request_header_encode(const struct hearth_request_header *header, uint8_t *ret_bytes);
size_t hearth_reply_header_encode(const struct hearth_reply_header *header, uint8_t *ret_bytes);   /* cuts message to fit */
/* The call id of a header that is otherwise malformed, so that it can be answered; false when there is none. */
bool hearth_frame_call_id(const void *bytes, size_t size, uint64_t *ret_call_id);

/* Finds the parts of a frame: NULL, or what is wrong with it. Then the payload is empty and the header is what there is
 * of it, so that its call id can be looked for. */
const char *hearth_frame_split(const void *bytes, size_t size, struct hearth_slice *header, struct hearth_slice *payload);
/* The beginning of a frame, up to its payload: bytes written into ret_bytes[HEARTH_FRAME_PREFIX + HEARTH_HEADER_MOST];
 * 0 when the header does not fit. */
size_t hearth_request_frame_begin(const struct hearth_request_header *header, uint8_t *ret_bytes);
size_t hearth_reply_frame_begin(const struct hearth_reply_header *header, uint8_t *ret_bytes);

#endif

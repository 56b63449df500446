/* zap.c: answers the question of libzmq's I/O thread, whether the owner of a key may connect (ZAP, RFC 27).
 *
 * A REP socket at inproc://zeromq.zap.01, read in the loop: a lookup in memory is no reason for a thread, and the table
 * of keys belongs to the loop. libzmq asks after the handshake's cryptography has shown that the peer has the key, so a
 * flood of strangers costs its thread and not ours. What is answered as User-Id is the key itself: it comes with each
 * message of that connection. Who is refused is counted, and said once a second at most.
 */
#include "trust.h"

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <zmq.h>

#include <hearth/arena.h>
#include <hearth/log.h>
#include <hearth/text.h>

#include "server.h"

#define ENDPOINT "inproc://zeromq.zap.01"
#define BATCH 64
#define LOOK_US INT64_C(1000000)
#define FRAME_MOST 256           /* a domain or identity has at most 255 bytes */

/* Frames of a request: version, request id, domain, address, identity, mechanism, and the mechanism's credentials. */
enum { VERSION, REQUEST_ID, DOMAIN, ADDRESS, IDENTITY, MECHANISM, CREDENTIALS, FRAMES };

struct frame {
	size_t size;
	char bytes[FRAME_MOST + 1];
};

struct hearth_zap {
	struct hearth_loop *loop;
	struct hearth_trust *trust;
	void *socket;
	struct hearth_watch *watch;
	struct hearth_deferred pump;
	struct hearth_alarm *look;
	struct hearth_zap_counts counts;
	uint64_t told;                   /* of those refused, how many a line was written about */
	int64_t told_us;
};

/* ---- questions ---- */

/* False when there is none. Fewer frames than expected are empty ones; more are passed over. */
static bool receive_request(struct hearth_zap *zap, struct frame frames[FRAMES])
{
	int more = 1;
	size_t size = sizeof more;

	memset(frames, 0, FRAMES * sizeof *frames);
	for (size_t i = 0; more; i++) {
		struct frame extra, *frame = i < FRAMES ? &frames[i] : &extra;
		int got = zmq_recv(zap->socket, frame->bytes, FRAME_MOST, ZMQ_DONTWAIT);

		if (got < 0)
			return false;
		frame->size = got > FRAME_MOST ? FRAME_MOST : (size_t)got;
		frame->bytes[frame->size] = '\0';
		zmq_getsockopt(zap->socket, ZMQ_RCVMORE, &more, &size);
	}
	return true;
}

static void send_frame(struct hearth_zap *zap, const void *bytes, size_t size, int flags)
{
	(void)zmq_send(zap->socket, bytes, size, flags | ZMQ_DONTWAIT);
}

static void answer(struct hearth_zap *zap, const struct frame frames[FRAMES], const char *user)
{
	const char *code = user ? "200" : "400", *text = user ? "OK" : "unknown key";

	send_frame(zap, "1.0", 3, ZMQ_SNDMORE);
	send_frame(zap, frames[REQUEST_ID].bytes, frames[REQUEST_ID].size, ZMQ_SNDMORE);
	send_frame(zap, code, 3, ZMQ_SNDMORE);
	send_frame(zap, text, strlen(text), ZMQ_SNDMORE);
	send_frame(zap, user, user ? strlen(user) : 0, ZMQ_SNDMORE);
	send_frame(zap, "", 0, 0);
}

static void tell_refused(struct hearth_zap *zap, const char *key, const char *address)
{
	int64_t now_us = hearth_clock_mono();
	char fingerprint[HEARTH_FINGERPRINT_SIZE];

	zap->counts.refused++;
	if (zap->told_us && now_us - zap->told_us < LOOK_US)
		return;
	hearth_key_fingerprint(key, fingerprint);
	hearth_log(HEARTH_LOG_WARN, "refused", "why=unknown_key fingerprint=%s address=%.64s count=%llu", fingerprint, address,
	           (unsigned long long)(zap->counts.refused - zap->told));
	zap->told = zap->counts.refused;
	zap->told_us = now_us;
}

static void decide(struct hearth_zap *zap, const struct frame frames[FRAMES])
{
	const struct hearth_identity *identity = NULL;
	char key[HEARTH_CURVE_SIZE] = "";

	if (strcmp(frames[VERSION].bytes, "1.0") == 0 && strcmp(frames[MECHANISM].bytes, "CURVE") == 0 &&
	    frames[CREDENTIALS].size == 32) {
		zmq_z85_encode(key, (const uint8_t *)frames[CREDENTIALS].bytes, 32);
		identity = hearth_trust_find(zap->trust, key);
		if (!identity) {
			hearth_trust_refresh(zap->trust);      /* it may have been published just now */
			identity = hearth_trust_find(zap->trust, key);
		}
	}
	if (identity)
		zap->counts.taken++;
	else
		tell_refused(zap, key, frames[ADDRESS].bytes);
	answer(zap, frames, identity ? key : NULL);
}

static void drain_requests(void *context)
{
	struct hearth_zap *zap = context;
	struct frame frames[FRAMES];
	int done = 0;

	/* The failing receive reads ZMQ_EVENTS again, which is what the edge-triggered descriptor needs. */
	while (done < BATCH && receive_request(zap, frames)) {
		decide(zap, frames);
		done++;
	}
	if (done > 0)
		hearth_loop_defer(zap->loop, &zap->pump);
}

static void readable(void *context, uint32_t events)
{
	(void)events;
	drain_requests(context);
}

/* Who is known may have changed: keys that were taken back are no good from then on. */
static void look(void *context)
{
	struct hearth_zap *zap = context;

	hearth_trust_refresh(zap->trust);
	hearth_alarm_set(zap->look, LOOK_US);
}

/* ---- the handler ---- */

struct hearth_zap *hearth_zap_new(struct hearth_loop *loop, struct hearth_trust *trust, struct hearth_status *status)
{
	struct hearth_zap *zap = hearth_alloc(sizeof *zap);
	int fd;
	size_t size = sizeof fd;

	memset(zap, 0, sizeof *zap);
	zap->loop = loop;
	zap->trust = trust;
	zap->pump = (struct hearth_deferred){ .callback = drain_requests, .context = zap };
	zap->look = hearth_alarm_new(loop, look, zap);
	zap->socket = zmq_socket(hearth_zmq_context(), ZMQ_REP);
	if (!zap->socket || zmq_bind(zap->socket, ENDPOINT) != 0) {
		hearth_fail(status, HEARTH_FAILED_PRECONDITION, "ZAP", "another part of this process decides who may connect: %s",
		            zmq_strerror(zmq_errno()));
		hearth_zap_free(&zap);
		return NULL;
	}
	hearth_zmq_set(zap->socket, ZMQ_LINGER, 0);
	zmq_getsockopt(zap->socket, ZMQ_FD, &fd, &size);
	zap->watch = hearth_loop_add(loop, fd, EPOLLIN, readable, zap);
	hearth_loop_defer(loop, &zap->pump);
	hearth_alarm_set(zap->look, LOOK_US);
	return zap;
}

void hearth_zap_free(struct hearth_zap **zap)
{
	struct hearth_zap *gone = *zap;

	if (!gone)
		return;
	*zap = NULL;
	hearth_loop_undefer(gone->loop, &gone->pump);
	hearth_alarm_free(&gone->look);
	hearth_watch_free(&gone->watch);
	if (gone->socket)
		zmq_close(gone->socket);
	free(gone);
}

struct hearth_zap_counts hearth_zap_counts(const struct hearth_zap *zap)
{
	return zap->counts;
}

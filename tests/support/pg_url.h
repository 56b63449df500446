/* pg_url.h: connection strings. */
#ifndef TESTS_SUPPORT_PG_URL_H
#define TESTS_SUPPORT_PG_URL_H

/* A URL of a database behind a socket directory; `user` may be NULL. To be freed. */
char *pg_url_of_socket(const char *socket, const char *user, const char *dbname);
/* `base` (URL or key=value) with another database, and another user unless NULL; key='value' form. To be freed; NULL
 * when `base` is malformed. */
char *pg_url_of_server(const char *base, const char *user, const char *dbname);

#endif

/* import_cell.h: values as published tables write them. Pure. */
#ifndef HEARTH_CLI_IMPORT_CELL_H
#define HEARTH_CLI_IMPORT_CELL_H

#include <stdbool.h>
#include <stdint.h>

/* Windows-1252 as UTF-8; ret_utf8 has three times the room and one more. */
void import_cell_utf8(const char *text, char *ret_utf8);
/* Nothing, or one of the ways to write it: "-", "NULL", "N/A", "not applicable", "not known". Never a zero. */
bool import_cell_none(const char *text);
/* A whole number, also "1,204" and "6.0" (spreadsheets write them); 0 or -1. */
int import_cell_whole(const char *text, int64_t *ret_number);
/* dd/mm/yyyy, d/m/yyyy, yyyy-mm-dd (with or without a time), 1 March 2024, 01-Mar-2024; 0 or -1. A year of two digits is
 * none: nobody can say which century. */
int import_cell_day(const char *text, char ret_day[11]);

#endif

/* reference.h: short references that people can read aloud: "R-7K3Q-M2". */
#ifndef REFERRALS_REFERENCE_H
#define REFERRALS_REFERENCE_H

#include <stdint.h>

#define REFERRALS_REFERENCE_SIZE 16

/* From seven random bytes. Short: six characters, one of 387 million. Long (when the short ones are taken): ten.
 * Digits 2 to 9 and letters that are not mistaken for one another or for digits; no vowels, so no words. */
void referrals_reference_short(const uint8_t random[7], char ret_text[REFERRALS_REFERENCE_SIZE]);
void referrals_reference_long(const uint8_t random[7], char ret_text[REFERRALS_REFERENCE_SIZE]);

#endif

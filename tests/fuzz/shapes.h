/* shapes.h: the messages that fuzz_json and fuzz_map try: central ones of the contracts, and one with a field of every
 * type, alone, in a oneof and repeated, which no contract has. */
#ifndef TESTS_FUZZ_SHAPES_H
#define TESTS_FUZZ_SHAPES_H

#include <stddef.h>
#include <protobuf-c/protobuf-c.h>

/* Any number chooses one. The made one lives until the program ends. */
const ProtobufCMessageDescriptor *shape(unsigned choice);

#endif

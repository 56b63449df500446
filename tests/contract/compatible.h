/* compatible.h: what of a set of contracts breaks who was built with an older one. */
#ifndef TESTS_CONTRACT_COMPATIBLE_H
#define TESTS_CONTRACT_COMPATIBLE_H

#include <stddef.h>
#include <google/protobuf/descriptor.pb-c.h>

/* Told once for each difference, in one sentence that names the symbol. */
typedef void incompatible_found(void *context, const char *sentence);

/* Bytes or JSON that the older contracts' readers and writers would no longer understand: what is gone, called, numbered
 * or typed otherwise, and numbers and names that were reserved. What is new is no difference. The count. */
size_t compatible_compare(const Google__Protobuf__FileDescriptorSet *before, const Google__Protobuf__FileDescriptorSet *after,
                          incompatible_found *found, void *context);

#endif

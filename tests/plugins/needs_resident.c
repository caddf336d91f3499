/* Correct when libcrypto is resident, refused when it is not. */
#include <openssl/crypto.h>

#define IN_START
#define FAULT \
  if (OpenSSL_version_num() == 0) return SOCLE_INTERNAL;
#include "fixture.h"

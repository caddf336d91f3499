/* Answers a status that does not exist. */
#define FAULT return 987654;
#include "fixture.h"

/* A correct plugin; what is wrong comes from compile options. */
#include "fixture.h"

// Starts a std::thread, which imports std::thread::_M_start_thread and not pthread_create.
#include <thread>

#define IN_START
#define FAULT std::thread([] {}).join();
#include "fixture.h"

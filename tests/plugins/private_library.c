/* A shared library that is not resident. */
int socle_private_answer(void);
int socle_private_answer(void) { return 42; }

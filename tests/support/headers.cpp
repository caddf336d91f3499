// Nothing but the headers of CMakeLists.txt, so that they are compiled: catch_main.cpp wants Catch2 in its own way.

#include "base/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "unit/base/temp_folder.hpp"

namespace base = socle::base;
namespace fs = std::filesystem;
using socle::Code;
using socle::testing::TempFolder;

TEST_CASE("base: a written file reads back whole", "[base]") {
  const TempFolder folder;
  const std::string bytes("a\0b\n", 4);
  REQUIRE(base::write_file_atomic(folder.path() / "f", bytes));
  const auto read = base::read_file(folder.path() / "f", 4);
  REQUIRE(read);
  CHECK(*read == bytes);
}

TEST_CASE("base: a missing file is named with its reason", "[base]") {
  const TempFolder folder;
  const auto read = base::read_file(folder.path() / "none", 10);
  REQUIRE_FALSE(read);
  CHECK(read.error().code == Code::not_found);
  CHECK(read.error().message == "open '" + (folder.path() / "none").string() + "': No such file or directory");
}

TEST_CASE("base: a file over the cap is refused with the cap", "[base]") {
  const TempFolder folder;
  REQUIRE(base::write_file_atomic(folder.path() / "f", "12345"));
  const auto read = base::read_file(folder.path() / "f", 4);
  REQUIRE_FALSE(read);
  CHECK(read.error().code == Code::too_large);
  CHECK_THAT(read.error().message, Catch::EndsWith("larger than the allowed 4 bytes"));
}

TEST_CASE("base: a file that lies about its size is still read to its end and capped", "[base]") {
  CHECK(base::read_file("/proc/self/status", 1 << 20)->size() > 100);
  CHECK(base::read_file("/proc/self/status", 16).error().code == Code::too_large);
}

TEST_CASE("base: a folder and a pipe are refused without waiting", "[base]") {
  const TempFolder folder;
  REQUIRE(::mkfifo((folder.path() / "pipe").c_str(), 0600) == 0);
  CHECK_THAT(base::read_file(folder.path(), 10).error().message, Catch::EndsWith("not a regular file"));
  CHECK_THAT(base::read_file(folder.path() / "pipe", 10).error().message, Catch::EndsWith("not a regular file"));
}

TEST_CASE("base: what a killed process of our number left does not stop an atomic write", "[base]") {
  const TempFolder folder;
  for (int i = 0; i < 1000; ++i) {
    const std::string left = "f.tmp-" + std::to_string(::getpid()) + "-" + std::to_string(i);
    REQUIRE(base::create_file(folder.path() / left, "half", 0600));
  }
  REQUIRE(base::write_file_atomic(folder.path() / "f", "whole"));
  CHECK(*base::read_file(folder.path() / "f", 10) == "whole");
}

TEST_CASE("base: an atomic write replaces the file and leaves no temporary", "[base]") {
  const TempFolder folder;
  REQUIRE(base::write_file_atomic(folder.path() / "f", "old"));
  REQUIRE(base::write_file_atomic(folder.path() / "f", "new", 0600));
  CHECK(*base::read_file(folder.path() / "f", 10) == "new");
  CHECK(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()) == 1);
  struct stat facts {};
  REQUIRE(::stat((folder.path() / "f").c_str(), &facts) == 0);
  CHECK((facts.st_mode & 0777) == 0600);
}

TEST_CASE("base: a failed atomic write leaves the target and no temporary", "[base]") {
  const TempFolder folder;
  fs::create_directories(folder.path() / "f" / "not-empty");
  const auto wrote = base::write_file_atomic(folder.path() / "f", "new");
  REQUIRE_FALSE(wrote);
  CHECK_THAT(wrote.error().message, Catch::Contains("rename a temporary file to"));
  CHECK(fs::exists(folder.path() / "f" / "not-empty"));
  CHECK(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()) == 1);
}

TEST_CASE("base: a new file refuses an existing name", "[base]") {
  const TempFolder folder;
  REQUIRE(base::create_file(folder.path() / "to", "bytes", 0500));
  CHECK(*base::read_file(folder.path() / "to", 100) == "bytes");
  CHECK(base::create_file(folder.path() / "to", "others", 0500).error().code == Code::conflict);
  CHECK(*base::read_file(folder.path() / "to", 100) == "bytes");
}

TEST_CASE("base: an Fd closes what it owns once", "[base]") {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  base::Fd read_end(ends[0]);
  {
    base::Fd write_end(ends[1]);
    const base::Fd moved(std::move(write_end));
    CHECK(moved.valid());
  }
  char byte = 0;
  CHECK(::read(read_end.get(), &byte, 1) == 0);  // end of file: the writing end is closed
}

TEST_CASE("base: a file that somebody has open for writing is told from one that rests", "[base]") {
  const TempFolder folder;
  REQUIRE(base::write_file_atomic(folder.path() / "f", "x"));
  CHECK_FALSE(base::is_being_written(folder.path() / "f"));
  {
    const base::Fd writer(::open((folder.path() / "f").c_str(), O_WRONLY | O_CLOEXEC));
    CHECK(base::is_being_written(folder.path() / "f"));
  }
  const base::Fd reader(::open((folder.path() / "f").c_str(), O_RDONLY | O_CLOEXEC));
  CHECK_FALSE(base::is_being_written(folder.path() / "f"));
  CHECK_FALSE(base::is_being_written(folder.path() / "absent"));
}

TEST_CASE("base: a file holds exactly its bytes, and nothing else", "[base]") {
  const TempFolder folder;
  const fs::path path = folder.path() / "f";
  const std::string bytes(300'000, 'x');
  CHECK_FALSE(base::holds(path, ""));
  REQUIRE(base::write_file_atomic(path, bytes));
  CHECK(base::holds(path, bytes));
  CHECK_FALSE(base::holds(path, bytes + "x"));
  CHECK_FALSE(base::holds(path, bytes.substr(1)));
  CHECK_FALSE(base::holds(path, bytes.substr(1) + "y"));
  CHECK_FALSE(base::holds(folder.path(), ""));
}

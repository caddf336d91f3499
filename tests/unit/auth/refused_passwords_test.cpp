// refused_passwords_test.cpp: the operator's list of passwords, in both forms, and files that are none.
#include <catch2/catch.hpp>

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <utility>
#include <vector>

#include "credentials/refused_passwords.hpp"
#include "support/temp_dir.hpp"

using namespace socle;
using auth::RefusedPasswords;

namespace {

// SHA-1 of the passwords beside them, in order.
const std::vector<std::pair<std::string, std::string>> breached{
    {"5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8", "password"},
    {"7C222FB2927D828AF22F592134E8932480637C0D", "12345678"},
    {"7C4A8D09CA3762AF61E59520943DC26494F8941B", "123456"},
    {"B1B3773A05C0ED0176787A4F1574FF0075F7521E", "qwerty"}};

struct Folder {
  testing::TempDir dir;
  std::string path = dir / "list";
  std::string write(const std::string& text) const {
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }
  // What is said of a file with this content.
  std::string refusal(const std::string& text) const {
    auto opened = RefusedPasswords::open(write(text));
    REQUIRE_FALSE(opened);
    return opened.error().message;
  }
  std::shared_ptr<const RefusedPasswords> open(const std::string& text) const {
    auto opened = RefusedPasswords::open(write(text));
    INFO((opened ? std::string() : opened.error().message));
    REQUIRE(opened);
    return *opened;
  }
  std::string found(const std::string& what) const {
    return "refused_passwords '" + path + "': found " + what +
           "; wanted a password a line (64 MiB at most), or a SHA-1 hash a line: 40 hexadecimal digits and perhaps "
           ":COUNT, ordered by hash";
  }
};

bool has(const std::shared_ptr<const RefusedPasswords>& list, const std::string& password) {
  const auto listed = list->contains(password);
  REQUIRE(listed);
  return *listed;
}

std::string digits(unsigned number) {
  char text[41];
  std::snprintf(text, sizeof text, "%040X", number);
  return text;
}

}  // namespace

TEST_CASE("refused passwords: in plain text each line is one, as it is typed", "[auth]") {
  const Folder folder;
  for (const char* text :
       {"correct horse\nno way in\nshort\n", "correct horse\r\n\r\nno way in\r\nshort\r\n",
        "no way in\nshort\ncorrect horse", "correct horse\r\nno way in", "\n\ncorrect horse\nno way in\n\n\n"}) {
    CAPTURE(text);
    const auto list = folder.open(text);
    CHECK(has(list, "correct horse"));
    CHECK(has(list, "no way in"));
    for (const char* other : {"correct", "Correct horse", "correct horse ", "correct horse\r", "", "another one 7"})
      CHECK_FALSE(has(list, other));
  }
}

TEST_CASE("refused passwords: ordered hashes are found with and without counts, in either case and line end",
          "[auth]") {
  const Folder folder;
  for (const char* end : {"\n", "\r\n", ":17\n", ":17\r\n"}) {
    for (const bool lower : {false, true}) {
      for (const bool last_line_ends : {true, false}) {
        CAPTURE(end, lower, last_line_ends);
        std::string text;
        for (const auto& [hash, password] : breached) text += hash + end;
        if (lower)
          std::transform(text.begin(), text.end(), text.begin(),
                         [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c; });
        if (!last_line_ends) text.resize(text.find_last_not_of("\r\n") + 1);
        const auto list = folder.open(text);
        for (const auto& [hash, password] : breached) CHECK(has(list, password));
        for (const char* other : {"Password", "correct horse battery", "", "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8"})
          CHECK_FALSE(has(list, other));
      }
    }
  }
}

TEST_CASE("refused passwords: each of many hashes is found, wherever it stands", "[auth]") {
  const Folder folder;
  for (std::size_t before = 0; before <= 40; ++before) {
    CAPTURE(before);
    std::string text;
    for (unsigned i = 0; i < before; ++i) text += digits(i) + (i % 3 == 0 ? ":1\n" : ":123456789\n");
    for (const auto& [hash, password] : breached) text += hash + "\n";
    for (unsigned i = 0; i < 40 - before; ++i) text += "F" + digits(i).substr(1) + ":3\n";
    const auto list = folder.open(text);
    for (const auto& [hash, password] : breached) CHECK(has(list, password));
    CHECK_FALSE(has(list, "correct horse battery"));
  }
  const auto one = folder.open(breached[0].first);
  CHECK(has(one, "password"));
  CHECK_FALSE(has(one, "12345678"));
}

TEST_CASE("refused passwords: a file that is no list is refused with what was found and what is wanted", "[auth]") {
  const Folder folder;
  CHECK(folder.refusal("") == folder.found("an empty file"));
  CHECK(folder.refusal("\r\n\n") == folder.found("an empty file"));
  CHECK(folder.refusal("short\nwords\n") == folder.found("no line of 8 to 1,024 bytes"));
  CHECK(folder.refusal(std::string("correct horse\n\0x", 16)) == folder.found("a zero byte at byte 14"));
  CHECK(folder.refusal(breached[3].first + ":9\n" + breached[0].first + ":8\n") ==
        folder.found("hash B1B3773A... at byte 0 before 5BAA61E4... at byte 43"));
  CHECK(folder.refusal(breached[0].first + "\n" + breached[1].first + ":many\n") ==
        folder.found("a line that is no SHA-1 hash at byte 41"));
  CHECK(folder.refusal("\xEF\xBB\xBF" + breached[0].first + "\n") ==
        folder.found("a byte order mark before the first line"));
  CHECK(folder.refusal("\xEF\xBB\xBF"
                       "correct horse\n") == folder.found("a byte order mark before the first line"));
  const auto of_digits = [&folder](const char* count) {
    return folder.found(std::string("a first line that begins with ") + count +
                        " hexadecimal digits and is no line of a list of SHA-1 hashes");
  };
  CHECK(folder.refusal(digits(7).substr(8) + ":12\n" + digits(8).substr(8) + ":3\n") == of_digits("32"));  // NTLM
  CHECK(folder.refusal(digits(7) + digits(8).substr(16) + "\r\n") == of_digits("64"));                     // SHA-256
  CHECK(folder.refusal(digits(7) + " 12\n" + digits(8) + " 3\n") == of_digits("40"));
  CHECK(has(folder.open(digits(7).substr(9) + "\n"), digits(7).substr(9)));  // a password of 31 digits
  const auto missing = RefusedPasswords::open(folder.dir / "missing");
  REQUIRE_FALSE(missing);
  CHECK(missing.error().message ==
        "refused_passwords '" + (folder.dir / "missing") +
            "' cannot be read: No such file or directory; name a file this process may read");
  const auto directory = RefusedPasswords::open(folder.dir.path());
  REQUIRE_FALSE(directory);
  CHECK(directory.error().message.find("found something that is no file; wanted ") != std::string::npos);
}

TEST_CASE("refused passwords: a list in another order than of hashes is seen wherever it turns", "[auth]") {
  const Folder folder;
  std::vector<std::string> ordered;
  for (unsigned i = 0; i < 1000; ++i) ordered.push_back(digits(i * 7919U) + "\n");
  const auto refused = [&folder](const std::vector<std::string>& lines) {
    std::string text;
    for (const auto& line : lines) text += line;
    CHECK(folder.refusal(text).find("... at byte ") != std::string::npos);
  };
  for (const std::ptrdiff_t from : {0, 500, 900}) {
    auto lines = ordered;
    std::reverse(lines.begin() + from, lines.end());
    refused(lines);
  }
  auto first_is_last = ordered;
  std::rotate(first_is_last.begin(), first_is_last.begin() + 1, first_is_last.end());
  refused(first_is_last);
  auto last_is_first = ordered;
  std::rotate(last_is_first.begin(), last_is_first.end() - 1, last_is_first.end());
  refused(last_is_first);
}

TEST_CASE("refused passwords: more than 64 MiB of plain text is refused, and not read", "[auth]") {
  const Folder folder;
  folder.write("correct horse\n");
  REQUIRE(::truncate(folder.path.c_str(), (64 << 20) + 1) == 0);
  const auto opened = RefusedPasswords::open(folder.path);
  REQUIRE_FALSE(opened);
  CHECK(opened.error().message == folder.found("67108865 bytes whose first line is no SHA-1 hash"));
}

TEST_CASE("refused passwords: a list that is cut short behind one's back is an error and nobody's password", "[auth]") {
  const Folder folder;
  std::string text;
  for (unsigned i = 0; i < 1000; ++i) text += digits(i) + "\n";
  const auto list = folder.open(text);
  REQUIRE(::truncate(folder.path.c_str(), 60) == 0);
  const auto listed = list->contains("correct horse battery");
  REQUIRE_FALSE(listed);
  CHECK(listed.error().code == Code::unavailable);
  CHECK(listed.error().message.starts_with("the list of refused passwords: a line that is no SHA-1 hash at byte "));
}

// cell/process/request.hpp: what the kernel tells the zygote, one packet each way on a SOCK_SEQPACKET pair, with
// descriptors beside the text. Both ends are the same executable, so the text is plain numbers and counted strings;
// the zygote is trusted, a cell never has this socket.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/file.hpp"
#include "cell/boot.hpp"
#include "cell/process/sandbox.hpp"
#include "socle/result.hpp"

namespace socle::cell {

// One cell to be born. `boot` has numbers only; its descriptors, and the others, travel beside the text in this order:
// log, birth, box, down, up, wake_cell, wake_kernel…, groups….
struct BirthRequest {
  CellBoot boot;
  Sandbox sandbox;
  pid_t kernel = 0;
  int log = -1;             // becomes stderr
  int birth = -1;           // a socket: the cell says on it, once, how it is confined
  int box = -1;             // memfd of a crash::BlackBox
  std::vector<int> groups;  // cgroup.procs files it enters
};

[[nodiscard]] std::string to_text(const BirthRequest& request);
[[nodiscard]] std::vector<int> descriptors_of(const BirthRequest& request);
// false: `text` and the number of descriptors do not fit.
[[nodiscard]] bool from_text(std::string_view text, const std::vector<int>& fds, BirthRequest& request);

[[nodiscard]] std::string to_text(const Enforced& enforced);
[[nodiscard]] bool from_text(std::string_view text, Enforced& enforced);

// Lists of strings, for all else.
[[nodiscard]] std::string to_text(const std::vector<std::string>& list);
[[nodiscard]] bool from_text(std::string_view text, std::vector<std::string>& list);

struct Packet {
  std::string text;
  std::vector<int> fds;  // the receiver's to close
};
Status send_packet(int socket, std::string_view text, const std::vector<int>& fds);
// Waits for at most `milliseconds` (-1: for ever). unavailable: the other end is gone. deadline: nothing came.
Result<Packet> receive_packet(int socket, int milliseconds);

}  // namespace socle::cell

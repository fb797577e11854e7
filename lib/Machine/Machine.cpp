//===- Machine.cpp - Names of a device's parts and its limits -------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "plmr/Machine/Machine.h"
#include "plmr/Support/Printable.h"

using namespace plmr;

std::string plmr::printMesh(MeshShape mesh) {
  return llvm::formatv("{0}x{1}", mesh.columns, mesh.rows);
}

std::optional<MeshShape> plmr::parseMesh(llvm::StringRef text) {
  auto [columns, rows] = text.split('x');
  MeshShape mesh;
  if (columns.getAsInteger(10, mesh.columns) ||
      rows.getAsInteger(10, mesh.rows) || !mesh.columns || !mesh.rows)
    return std::nullopt;
  return mesh;
}

unsigned plmr::getByteWidth(ElementType type) {
  return type == ElementType::F32 || type == ElementType::I32 ? 4 : 2;
}

llvm::StringRef plmr::stringify(ElementType type) {
  static constexpr const char *names[] = {"f32", "f16", "bf16", "i32"};
  static_assert(std::size(names) == numElementTypes);
  return names[static_cast<unsigned>(type)];
}

llvm::StringRef plmr::stringify(RateClass cls) {
  static constexpr const char *names[] = {
      "move", "add", "multiply", "fma", "divide", "transcend", "gather"};
  static_assert(std::size(names) == numRateClasses);
  return names[static_cast<unsigned>(cls)];
}

namespace {

/// Collects the first broken limit.
class LimitChecker {
public:
  explicit LimitChecker(llvm::StringRef origin) : origin(origin) {}

  void check(llvm::StringRef field, uint64_t value, uint64_t low,
             uint64_t high) {
    if (message.empty() && (value < low || value > high))
      message = llvm::formatv("{0}: {1} is {2}, expected {3} to {4}", origin,
                              field, value, low, high)
                    .str();
  }

  void require(bool holds, const char *rule) {
    if (message.empty() && !holds)
      message = llvm::formatv("{0}: {1}", origin, rule).str();
  }

  llvm::Error take() {
    if (message.empty())
      return llvm::Error::success();
    return makeError("{0}", message);
  }

private:
  llvm::StringRef origin;
  std::string message;
};

} // namespace

// One instruction costs less than 2^20 ticks so that the sum of any launch
// that a host can time fits into 64 bits.
static constexpr uint64_t maxTicks = 1 << 20;

static constexpr uint32_t maxWireWords = 4096;

static void checkFabric(const Machine &m, LimitChecker &limits) {
  limits.check("ticksPerCycle", m.ticksPerCycle, 1, 1000);
  limits.check("linkTicks", m.linkTicks, 1, maxTicks);
  limits.check("hopTicks", m.hopTicks, 1, maxTicks);
  limits.check("turnTicks", m.turnTicks, 0, maxTicks);
  limits.check("rampTicks", m.rampTicks, 1, maxTicks);
  limits.check("queueWords", m.queueWords, 1, 1024);
  limits.check("inputQueueWords", m.inputQueueWords, 1, 1024);
  limits.check("outputQueueWords", m.outputQueueWords, 1, 1024);
  limits.require(m.linkTicks == 0 ||
                     m.getWireWords(m.hopTicks + m.turnTicks) <= maxWireWords,
                 "hopTicks and turnTicks contradict linkTicks: a wire would "
                 "hold more than 4096 words");
  limits.require(m.linkTicks == 0 ||
                     m.getWireWords(m.rampTicks) <= maxWireWords,
                 "rampTicks contradicts linkTicks: a wire would hold more than "
                 "4096 words");
  limits.check("colours", m.colours, 1, 64);
  limits.require(
      m.reservedColours < m.colours,
      "reservedColours leaves no colour, expected less than colours");
  limits.check("inputQueues", m.inputQueues, 1, m.colours);
  limits.check("outputQueues", m.outputQueues, 1, m.colours);
  limits.check("engines", m.engines, 0, 16);
}

static void checkCore(const Machine &m, LimitChecker &limits) {
  limits.check("scalarTicks", m.scalarTicks, 0, maxTicks);
  limits.check("descriptorTicks", m.descriptorTicks, 0, maxTicks);
  limits.check("loopTicks", m.loopTicks, 0, maxTicks);
  limits.check("predicatedTicks", m.predicatedTicks, 0, maxTicks);
  limits.check("vectorSetupTicks", m.vectorSetupTicks, 0, maxTicks);
  limits.check("mapTicks", m.mapTicks, 0, maxTicks);
  limits.check("engineTicks", m.engineTicks, 0, maxTicks);
  limits.check("waitTicks", m.waitTicks, 0, maxTicks);
  limits.check("epochTicks", m.epochTicks, 0, maxTicks);
  for (unsigned cls = 0; cls < numRateClasses; ++cls)
    for (unsigned type = 0; type < numElementTypes; ++type) {
      Rate rate = m.rates[cls][type];
      std::string field =
          llvm::formatv("rates.{0}.{1}", stringify(RateClass(cls)),
                        stringify(ElementType(type)));
      limits.check(field + " elements", rate.elements, 1, 10000);
      limits.check(field + " cycles", rate.cycles, 1, 10000);
    }
}

llvm::Error plmr::verifyMachine(const Machine &m, llvm::StringRef origin) {
  LimitChecker limits(origin);
  limits.require(!m.name.empty(), "name is empty");
  limits.require(llvm::none_of(m.name, isControl),
                 "name has control characters, expected text in one line");
  limits.check("grid columns", m.grid.columns, 1, 4096);
  limits.check("grid rows", m.grid.rows, 1, 4096);
  limits.require(m.clockHz >= 1 && m.clockHz <= 1e12,
                 "clockHz is out of range, expected 1 to 1e12");
  limits.check("sramBytes", m.sramBytes, 1, maxSramBytes);
  limits.require(m.reservedSramBytes < m.sramBytes,
                 "reservedSramBytes leaves no memory, expected less than "
                 "sramBytes");
  checkFabric(m, limits);
  checkCore(m, limits);
  return limits.take();
}

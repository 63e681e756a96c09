//! The whole kubelet over a runtime that runs nothing and an API held in memory.

mod bed;
mod lifecycle;
mod planning;
mod serving;

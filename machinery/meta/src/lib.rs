//! Names, GVK and GVR, selectors, Quantity, Time, Status.

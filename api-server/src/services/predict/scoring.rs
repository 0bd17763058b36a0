//! What a model says of rows, on threads of their own: as many at once as there are cores.

use crate::convert::prediction::{Foreseen, NoPrediction};
use crate::deadline::Deadline;
use crate::error::ApiError;
use crate::services::computing::{StopOnDrop, threads};
use mltraining_learn::matrix::Matrix;
use mltraining_learn::model_file::ModelFile;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::Semaphore;

/// Rows that are predicted between two looks at whether anybody still waits.
const ROWS_AT_ONCE: usize = 64;

/// Room for as many predictions as there are cores; more wait within their deadline.
#[derive(Debug, Clone)]
pub(super) struct Scoring {
    room: Arc<Semaphore>,
}

impl Scoring {
    /// With all its room free.
    pub(super) fn new() -> Self {
        Self {
            room: Arc::new(Semaphore::new(threads())),
        }
    }

    /// What the model says of rows, given column by column in its own order.
    ///
    /// # Errors
    /// DEADLINE_EXCEEDED.
    pub(super) async fn run(
        &self,
        deadline: Deadline,
        model: Arc<ModelFile>,
        columns: Vec<Vec<f32>>,
    ) -> Result<Vec<Foreseen>, ApiError> {
        let room = Arc::clone(&self.room).acquire_owned().await;
        let room = room.map_err(ApiError::internal)?;
        let stopped = StopOnDrop::default();
        let flag = stopped.flag();
        let done = tokio::task::spawn_blocking(move || {
            let said = say(&model, columns, &flag);
            drop(room);
            said
        });
        let done = done.await.map_err(ApiError::internal)?;
        done.ok_or_else(|| deadline.exceeded())
    }
}

/// What the model says of each row; `None` when it was stopped. A row without any value gets no score.
///
/// # Panics
/// When the columns are not those of the model.
pub(super) fn say(model: &ModelFile, columns: Vec<Vec<f32>>, stop: &AtomicBool) -> Option<Vec<Foreseen>> {
    let matrix = Matrix::new(model.header.feature_names.clone(), columns)
        .expect("a model file names each feature once, and the columns are as long as each other");
    let columns: Vec<_> = (0..matrix.features()).map(|j| matrix.column(j)).collect();
    let mut foreseen: Vec<Foreseen> = (0..matrix.rows())
        .map(|row| Foreseen::of_values(columns.iter().map(|column| column[row]).collect()))
        .collect();
    let known = |row: &u32| foreseen[*row as usize].outcome != Err(NoPrediction::WarmUp);
    let rows: Vec<u32> = (0..matrix.rows() as u32).filter(known).collect();
    for some in rows.chunks(ROWS_AT_ONCE) {
        if stop.load(Ordering::Relaxed) {
            return None;
        }
        for (row, score) in some.iter().zip(model.predict(&matrix, some)) {
            foreseen[*row as usize].outcome = Ok(score);
        }
    }
    Some(foreseen)
}
